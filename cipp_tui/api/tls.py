"""What a certificate is checked against."""

import os
import re
import ssl
from pathlib import Path
from typing import Final

from cipp_tui.config.files import Guard, UnfitFile, os_words, read_file
from cipp_tui.config.key_log import demand_key_log
from cipp_tui.domain.problems import ConfigProblem

CA_BUNDLE: Final = "ca_bundle"
"""The key a problem names; whoever knows the profile completes it."""

_MOST_BYTES: Final = 8 << 20
_CERTIFICATE: Final = re.compile(
    rb"-----BEGIN (?:X509 )?CERTIFICATE-----.+?-----END (?:X509 )?CERTIFICATE-----",
    re.DOTALL,
)
_FIX: Final = "Name a file with certificates in PEM form (BEGIN CERTIFICATE)."


def tls_context(ca_bundle: str | None) -> ssl.SSLContext:
    """A context that trusts the system's authorities, or those of the bundle alone.

    Raises: ConfigProblem, naming the key or the variable.
    """
    demand_key_log(os.environ)
    trusted = _certificates(Path(ca_bundle)) if ca_bundle is not None else None
    try:
        context = ssl.create_default_context(cadata=trusted)
    except ssl.SSLError:
        if ca_bundle is None:
            raise ConfigProblem(
                "the system's certificates cannot be read",
                key=CA_BUNDLE,
                fix="Set ca_bundle to a file with certificates in PEM form.",
            ) from None
        raise ConfigProblem(
            f"{ca_bundle}: a certificate in it is damaged", key=CA_BUNDLE, fix=_FIX
        ) from None
    return context


def _certificates(path: Path) -> str:
    try:
        content = read_file(path, most=_MOST_BYTES, guard=Guard.WRITE)
    except UnfitFile as unfit:
        raise ConfigProblem(f"{path} {unfit.why}", key=CA_BUNDLE, fix=unfit.fix) from None
    except FileNotFoundError as error:
        raise ConfigProblem(f"{path}: {os_words(error)}", key=CA_BUNDLE, fix=_FIX) from None
    found = _CERTIFICATE.findall(content)  # comments may hold any signs
    if not found:
        why = "is empty" if not content.strip() else "is not PEM: there is no certificate in it"
        raise ConfigProblem(f"{path} {why}", key=CA_BUNDLE, fix=_FIX)
    return b"\n".join(found).decode("ascii", "replace")
