"""Every address that a config may hold can be asked; every other one is refused in words."""

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from cipp_tui.config.model import Address

ADDRESS: TypeAdapter[str] = TypeAdapter(Address)


@pytest.mark.parametrize(
    "text",
    [
        *("http://127.999.0.1", "https://1.2.3", "https://1.2.3.4.5", "https://01.2.3.4"),
        *("https://256.1.1.1", "http://127.1", "https://[::1%25eth0]", "https://[:::]"),
        *(
            "https://a..b",
            "https://-a.example",
            "https://a-.example",
            f"https://{'a' * 64}.example",
        ),
        *(f"https://{'a.' * 130}example", "https://a_b!.example", "https://host.7"),
        *("http://0.0.0.0", "http://10.0.0.1", "http://localhost.example", "http://[::2]"),
    ],
)
def test_what_is_no_host_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        ADDRESS.validate_python(text)


@pytest.mark.parametrize(
    "text",
    [
        *("http://127.0.0.1:8080", "http://127.255.0.9", "http://[::1]:1", "http://localhost"),
        *("https://graph.microsoft.com", "https://192.0.2.7", "https://[2001:db8::1]:8443"),
        *("https://xn--bcher-kva.example", "https://a_b.example", "https://GRAPH.example/"),
    ],
)
def test_what_is_one_is_taken(text: str) -> None:
    assert httpx.URL(ADDRESS.validate_python(text)).host


hosts = st.text("a1.-_:[]%@9", max_size=20) | st.from_regex(r"[0-9.]{1,15}", fullmatch=True)


@given(st.sampled_from(["http://", "https://"]), hosts)
def test_whatever_is_taken_the_client_can_ask(scheme: str, host: str) -> None:
    try:
        taken = ADDRESS.validate_python(scheme + host)
    except ValidationError:
        return
    assert httpx.URL(taken).host
