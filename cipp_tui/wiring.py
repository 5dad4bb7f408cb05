"""Puts the house together: the only place that names concrete classes. No Textual here."""

import asyncio
import gc
import getpass
import socket
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path

from cipp_tui.api.credentials import ClientCertificate, Credential, FederatedToken
from cipp_tui.api.direct import DirectBackend, DirectSettings
from cipp_tui.api.endpoints import endpoints_for
from cipp_tui.api.tls import CA_BUNDLE
from cipp_tui.api.token_store import (
    MemoryTokenStore,
    SignInBinding,
    in_keyring_time,
    open_token_store,
)
from cipp_tui.api.wanted import ExtraPermissions
from cipp_tui.config import (
    CippProfile,
    ConnectionProfile,
    DemoProfile,
    DirectProfile,
    SecretReference,
    profile_dir,
    resolve,
)
from cipp_tui.config.places import at_home
from cipp_tui.demo import DemoWorld, demo_world
from cipp_tui.domain.clock import SYSTEM, Clock
from cipp_tui.domain.permissions import AppId
from cipp_tui.domain.problems import ConfigProblem, LockedElsewhere
from cipp_tui.domain.roles import RoleId
from cipp_tui.domain.tenants import TenantId
from cipp_tui.services.session import Session
from cipp_tui.services.views import ProfileFacts
from cipp_tui.storage.database import open_database
from cipp_tui.storage.journal import Journal
from cipp_tui.storage.lock import runner_lock
from cipp_tui.storage.private import secure_folder
from cipp_tui.storage.state import FleetStore

SEED = "request-seed"


@asynccontextmanager
async def open_session(
    profile: ConnectionProfile,
    *,
    env: Mapping[str, str],
    act: bool = True,
    clock: Clock = SYSTEM,
) -> AsyncIterator[Session]:
    """One profile at work; leaving the block settles every debt.

    With `act` False, or while another cipp-tui works on the profile, it may only look.
    Raises: ConfigProblem, StorageProblem.
    """
    folder = profile_dir(env, profile.name)
    actor = f"{getpass.getuser()}@{socket.gethostname()}"
    async with AsyncExitStack() as house:
        mended = await asyncio.to_thread(secure_folder, folder)
        looking_only = None
        if act:
            try:
                house.enter_context(runner_lock(folder, actor, clock.now()))
            except LockedElsewhere as elsewhere:
                looking_only = elsewhere.message
        else:
            looking_only = "this command only looks"
        database = await house.enter_async_context(
            open_database(folder / "state.db", to_act=looking_only is None)
        )
        store = FleetStore(database)
        settings = await _settings(profile, house, env=env, folder=folder, store=store, clock=clock)
        with _key_completed(profile.name):
            backend = DirectBackend(settings, clock=clock)
        house.push_async_callback(backend.aclose)
        session = Session(
            profile=_facts(profile, settings),
            backend=backend,
            store=store,
            journal=Journal(database),
            clock=clock,
            actor=actor,
            looking_only=looking_only,
            mended=mended,
            suspend_after=profile.suspend_after,
        )
        whole = await house.enter_async_context(session.running())
        _spare_the_collector()
        yield whole


@contextmanager
def _key_completed(profile: str) -> Iterator[None]:
    """Who opens connections knows its settings, not the profile that they stand in."""
    try:
        yield
    except ConfigProblem as problem:
        if problem.key == CA_BUNDLE:
            problem.key = f"profiles.{profile}.{CA_BUNDLE}"
        raise


def _spare_the_collector() -> None:
    """Nothing that stands now is garbage, and tenants come by the thousand.

    With Python's own thresholds an eighth of a run went into looking at it again and again.
    """
    gc.freeze()
    gc.set_threshold(10_000, 3, 1000)


async def _settings(
    profile: ConnectionProfile,
    house: AsyncExitStack,
    *,
    env: Mapping[str, str],
    folder: Path,
    store: FleetStore,
    clock: Clock,
) -> DirectSettings:
    match profile:
        case DirectProfile():
            return await _direct(profile, env=env, folder=folder, store=store, clock=clock)
        case DemoProfile():
            world = await house.enter_async_context(
                demo_world(
                    tenants=profile.tenants,
                    seed=profile.seed,
                    latency_ms=profile.latency_ms,
                    faults=profile.faults,
                )
            )
            return _demo(profile, world)
        case CippProfile():
            raise ConfigProblem(
                "the cipp backend is not part of this version",
                key=f"profiles.{profile.name}.backend",
                fix='Use backend = "direct", or "demo".',
            )


async def _direct(
    profile: DirectProfile, *, env: Mapping[str, str], folder: Path, store: FleetStore, clock: Clock
) -> DirectSettings:
    secret, refresh_token = [
        await in_keyring_time(_resolved, reference, env, profile.name, key)
        for reference, key in (
            (profile.client_secret, "client_secret"),
            (profile.refresh_token, "refresh_token"),
        )
    ]
    addresses = profile.endpoints
    endpoints = endpoints_for(
        profile.cloud,
        login=addresses.login,
        graph=addresses.graph,
        partner_center=addresses.partner_center,
    )
    binding = SignInBinding(
        login=endpoints.login, partner=profile.partner_tenant, client_id=profile.client_id
    )
    return DirectSettings(
        endpoints=endpoints,
        partner_tenant=TenantId(profile.partner_tenant),
        client_id=AppId(profile.client_id),
        client_secret=lambda: secret,
        credential=await in_keyring_time(_assertions, profile, env, clock),
        refresh_token=lambda: refresh_token,
        store=await in_keyring_time(open_token_store, folder, profile.name, binding),
        seed=await _seed(store),
        concurrency=profile.concurrency,
        ca_bundle=str(profile.ca_bundle) if profile.ca_bundle is not None else None,
        read_only=profile.mode == "read",
        prune=profile.prune,
        extra=tuple(
            ExtraPermissions(
                resource=AppId(more.resource),
                application=tuple(more.application),
                delegated=tuple(more.delegated),
            )
            for more in profile.extra_permissions
        ),
        directory_roles=tuple(RoleId(role) for role in profile.directory_roles),
        direct_tenants=tuple(TenantId(tenant) for tenant in profile.direct_tenants),
    )


def _demo(profile: DemoProfile, world: DemoWorld) -> DirectSettings:
    return DirectSettings(
        endpoints=endpoints_for(
            "global",
            login=world.login,
            graph=world.graph,
            partner_center=world.partner_center,
        ),
        partner_tenant=TenantId(world.partner_tenant),
        client_id=AppId(world.client_id),
        client_secret=lambda: world.client_secret,
        refresh_token=lambda: world.refresh_token,
        store=MemoryTokenStore(),
        seed=str(uuid.uuid4()),  # the demo's services start anew each time
        concurrency=profile.concurrency,
        read_only=profile.mode == "read",
    )


def _resolved(
    reference: SecretReference | None, env: Mapping[str, str], profile: str, key: str
) -> str | None:
    """The secret a reference leads to, read now, so that a missing one is told at the start."""
    if reference is None:
        return None
    return resolve(reference, env, key=f"profiles.{profile}.{key}").reveal()


def _assertions(profile: DirectProfile, env: Mapping[str, str], clock: Clock) -> Credential | None:
    """What signs assertions, where the application has no secret. Raises: ConfigProblem."""
    if (given := profile.client_certificate) is not None:
        from cipp_tui.api.certificates import load_certificate

        key = f"profiles.{profile.name}.client_certificate"
        passphrase = (
            resolve(given.passphrase, env, key=f"{key}.passphrase").reveal()
            if given.passphrase is not None
            else None
        )
        certificate = load_certificate(at_home(given.file), passphrase, key=key)
        return ClientCertificate(certificate=certificate, client_id=profile.client_id, clock=clock)
    if profile.federated_token_file is not None:
        return FederatedToken(at_home(profile.federated_token_file))
    return None


async def _seed(store: FleetStore) -> str:
    """What makes our request ids unique to this state on disk."""
    kept = (await store.remembered()).get(SEED)
    if kept is not None:
        return kept
    seed = str(uuid.uuid4())
    store.remember(SEED, seed)
    await store.flush()
    return seed


def _facts(profile: ConnectionProfile, settings: DirectSettings) -> ProfileFacts:
    return ProfileFacts(
        name=profile.name,
        backend=profile.backend,
        partner=settings.partner_tenant,
        app=settings.client_id,
        read_only=profile.mode == "read",
        tag=profile.tag,
        colour=profile.colour,
        confirm_always=profile.confirm == "always",
        reason_required=profile.reason == "required",
        prune=isinstance(profile, DirectProfile) and profile.prune,
        title=profile.title,
        bell=profile.bell == "job",
    )
