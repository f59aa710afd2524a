"""Composition root of the server: builds each adapter, hands them over, starts and stops them in order.

Newcomers start here. `Core` is what a hall is without doors: journal, keys, storage, rooms. `serve` adds media workers
and the gateway; an import of parties needs neither. What may not live here: anything that decides.
"""

from __future__ import annotations

import asyncio
import gc
import hashlib
import logging
import multiprocessing
import os
import shutil
import signal
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hall import logs, tasks
from hall.adapters.archive import Archive, anchors
from hall.adapters.award_papers import AwardPapers
from hall.adapters.bid_checker import BidChecker
from hall.adapters.bid_opener import PooledOpener
from hall.adapters.centre_certificates import CentreCertificates, owed_by_centre, owed_of_trust, with_centre
from hall.adapters.clip_office import Clips
from hall.adapters.codecs import CODECS, STATES
from hall.adapters.deposit_papers import DepositPapers
from hall.adapters.faces import ComparedFaces
from hall.adapters.fitness import fit, set_limits, tls_of
from hall.adapters.machine_checks import MachineChecks
from hall.adapters.matter_files import EncryptedFiles
from hall.adapters.notes import Notes
from hall.adapters.notice_publisher import NoticePublisher
from hall.adapters.paper_store import PaperStore
from hall.adapters.plan_file import load_plan
from hall.adapters.pool import beside_the_server
from hall.adapters.receipts import Receipts, WithoutTimeStamp
from hall.adapters.record_office import Office, fonts, time_source
from hall.adapters.record_public import PublicRecords
from hall.adapters.revocation_sources import RevocationSources
from hall.adapters.sealed_inspect import inspect
from hall.adapters.seals import HallSeals
from hall.adapters.statement_office import Statements, hall_seal
from hall.adapters.trust import Trust
from hall.adapters.watermark import MarkedPages
from hall.clock import HallClock
from hall.config import Config
from hall.gateway.server import Gateway, Inside
from hall.journal.store import SqlJournal
from hall.media.control import MediaWorkers
from hall.media_settings import udp_range
from hall.notices.letters import Letters
from hall.notices.sms import SmsChannel
from hall.notices.smtp import SmtpChannel
from hall.procurement.tender import Mode
from hall.recording.erasing import RecordingEraser
from hall.recording.external import ExternalFiles
from hall.recording.live import LiveRecordings
from hall.recording.reading import Reading
from hall.recording.tail import RecordingTail
from hall.runtime.admin import Plan, import_contacts, import_plan
from hall.runtime.bid_reading import BidReading
from hall.runtime.broadcast import Broadcast
from hall.runtime.case_bundles import CaseBundles
from hall.runtime.centre_desk import CentreDesk
from hall.runtime.certificate_watch import CertificateWatch
from hall.runtime.contacts import Contacts
from hall.runtime.desk import Desk
from hall.runtime.downloads import Downloads, Entry
from hall.runtime.evaluation_experts import Experts
from hall.runtime.externals import Externals
from hall.runtime.health import Health
from hall.runtime.keeper import Keeper
from hall.runtime.library import Library
from hall.runtime.matter_files import MatterFiles
from hall.runtime.matters import MATTERS, OWED
from hall.runtime.media_doors import MediaDoors
from hall.runtime.media_ports import MediaPlane
from hall.runtime.media_rights import MediaRights
from hall.runtime.papers import Papers
from hall.runtime.performer import Outside
from hall.runtime.persons import Persons
from hall.runtime.pictures import PicturesIn
from hall.runtime.post_office import PostOffice
from hall.runtime.procedure import Procedures
from hall.runtime.proofs import Proofs
from hall.runtime.records import Records
from hall.runtime.registry import Registry
from hall.runtime.sending import Channel
from hall.runtime.stamping import Stamping
from hall.runtime.supervision_owed import supervision_owed
from hall.runtime.timed_journal import TimedJournal
from hall.runtime.tokens import Tokens
from hall.runtime.unanswered import UnansweredDesk
from hall.session.broadcast import camera_name
from hall.storage.blobs import Blobs
from hall.storage.keys import HallKeys
from hall.storage.recording_keys import RecordingKeys
from hall.storage.sealed_files import SealedFiles

log = logging.getLogger("hall")

WATCH: Final = 0.5
"""Seconds between two looks at whether the server can go on."""

GB: Final = 10**9


@dataclass(frozen=True, slots=True)
class Core:
    """A hall without doors."""

    clock: HallClock
    journal: SqlJournal
    registry: Registry
    desk: Desk
    doors: MediaDoors
    externals: Externals
    records: Records
    sealed: SealedFiles
    receipts: Receipts
    written: DepositPapers
    trust: Trust
    archive: Archive
    contacts: Contacts
    post_office: PostOffice
    keeper: Keeper
    library: Library
    broadcast: Broadcast
    unanswered: UnansweredDesk
    stamping: Stamping
    health: Health
    procedures: Procedures
    files: MatterFiles
    reading: BidReading
    downloads: Downloads
    centre: CentreDesk


async def serve(config: Config) -> int:
    """Run the server until SIGTERM or SIGINT: 0. When the journal takes no more appends: 1, and a restart recovers.

    Raises BadConfig for what an operator must mend first.
    """
    logs.as_json()
    tls, trust = tls_of(config), fit(config)
    set_limits()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        clock = HallClock(start=config.clock.start_ms)
        media = media_plane(config, clock)
        await media.start()
        stack.push_async_callback(media.close)
        gc.disable()  # a start makes much that stays and little that goes
        core = await stack.enter_async_context(open_core(config, trust, clock, media))
        await media.clock_changed()  # a start may set hall time forward, to where the last run ended
        gateway = Gateway(config, inside(core))
        await gateway.start(tls)
        stack.push_async_callback(gateway.stop)
        gc.enable()
        gc.freeze()  # what is here now stays for ever: the collector need not look at it again
        log.info("serving", extra={"facts": {"host": config.server.host, "port": gateway.port}})
        watch = tasks.start(_watch(core, stop), "watch")
        await stop.wait()
        log.info("stopping")
        await tasks.stop(watch)
        failed = _failed(core)
    log.info("stopped")
    return 1 if failed else 0


async def import_file(config: Config, path: Path) -> Plan:
    """Make the plan in `path` true. The server must not run: the journal has one owner. Raises BadConfig, HallError."""
    trust = fit(config)
    clock = HallClock(start=config.clock.start_ms)
    idle = MediaWorkers(recordings=config.recordings, clock=clock)  # never started: nothing asks for it
    async with open_core(config, trust, clock, idle, serving=False) as core:
        plan = load_plan(path, config, core.trust.digest)
        await import_plan(core.registry, plan)
        await import_contacts(core.contacts, plan, clock.now())
    return plan


@asynccontextmanager
async def open_core(
    config: Config, trust: Trust, clock: HallClock, media: MediaPlane, *, serving: bool = True
) -> AsyncIterator[Core]:
    """Open journal, keys and storage, replay every room; close them in the opposite order. serving: see `Registry`."""
    data = config.storage.data
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    config.recordings.mkdir(parents=True, exist_ok=True, mode=0o700)
    async with AsyncExitStack() as stack:
        keys = HallKeys.load_or_create(data / "keys")
        journal = await SqlJournal.open(
            config.database,
            keys,
            codecs=CODECS,
            states=STATES,
            origin=config.hall.origin,
            rehearsal=not config.production,
        )
        stack.push_async_callback(journal.close)
        spawned = multiprocessing.get_context("spawn")
        pool = ProcessPoolExecutor(max_workers=2, mp_context=spawned, initializer=beside_the_server)
        stack.callback(pool.shutdown, cancel_futures=True)
        sealed = SealedFiles(data, config.storage.mirror or data / "mirror", inspect)
        blobs = Blobs(data, keys.vault)
        opener = PooledOpener(pool, sealed, blobs, data / "scratch")
        looks = BidChecker(blobs, data / "scratch", trust)
        papers = PaperStore(blobs)
        stamps = time_source(config.signing, trust, clock)
        office = Office(pool, blobs, journal.prepared, trust, stamps, fonts(config.signing), clock)
        recordings = RecordingTail(config.recordings)
        recording_keys = RecordingKeys(data, keys.vault)
        persons = Persons(journal)
        faces = ComparedFaces() if config.faces.enabled else None
        if faces is not None:
            stack.callback(faces.close)
        outside = Outside(
            journal=journal,
            sealed=sealed,
            opener=opener,
            looks=looks,
            office=office,
            media=media,
            recordings=recordings,
            persons=persons.names,
            free=lambda: shutil.disk_usage(data).free,
            free_anywhere=lambda: min(shutil.disk_usage(disk).free for disk in (data, config.recordings)),
            disk_low=config.storage.disk_low * GB,
            faces=faces,
            photo=persons.photo,
        )
        health = Health(clock, data / "heartbeat", rehearsal=not config.production)
        if serving:
            await health.open()
            stack.push_async_callback(health.close)
        timed = TimedJournal(journal, clock, health.appended)
        registry = Registry(timed, clock, outside, health, serving=serving)
        await registry.open()
        stack.push_async_callback(registry.close)
        heard = RevocationSources(
            trust.sources,
            directory=data / "revocation",
            registered=lambda: (*registry.directory.state.known_ders(), *trust.intermediates),
            clock=clock,
            every=60.0 * max(config.signing.revocation_minutes, 1),
        )
        trust.heard = heard
        if serving:
            await heard.open()
            stack.push_async_callback(heard.close)
        seals = HallSeals(keys)
        notes = Notes.of(config, keys.log_public, stamps, trust)
        proofs = Proofs(registry, journal, journal.proofs, notes, clock)
        log_key = hashlib.sha256(keys.log_public).hexdigest()
        desk = Desk(
            registry,
            trust,
            seals,
            sealed,
            recordings,
            persons,
            proofs,
            Papers(registry, papers),
            log_key,
            config.hall.origin,
        )
        seal = hall_seal(config.signing, trust.intermediates)
        unstamped = Statements(pool, seal, WithoutTimeStamp(), fonts(config.signing), clock)
        stamped = Statements(pool, seal, stamps, fonts(config.signing), clock)
        receipts = Receipts(registry, desk.deposits, unstamped, clock, config.hall.mode)
        stamping = Stamping(
            registry, journal, journal.proofs, notes, clock, config.signing.root_stamp_minutes
        )
        if serving:
            stamping.open()
            stack.push_async_callback(stamping.close)
        if serving:
            desk.revocations.open()
            stack.push_async_callback(desk.revocations.close)
        sealing = recording_keys.make if config.storage.encrypt_recordings else None
        tokens = Tokens(data / "tokens.json", clock)
        rights, pictures = MediaRights(registry, desk.revocations), PicturesIn(registry, media, clock)
        stack.callback(pictures.close)
        doors = MediaDoors(desk, rights, media, tokens, pictures)
        if serving:
            await doors.admissions.open()
            stack.push_async_callback(doors.admissions.close)
        records = Records(registry, office, clock)
        roots = anchors(
            config.hall.origin, Mode(config.hall.mode), keys.log_public, trust.roots, trust.tsa_roots
        )
        archive = Archive(
            registry=registry,
            journal=journal,
            sealed=sealed,
            office=office,
            papers=papers,
            files=EncryptedFiles(blobs),
            recordings=config.recordings,
            recording_keys=recording_keys,
            out=data / "bundles",
            clock=clock,
            proofs=journal.proofs,
            anchors=roots,
            issuers=trust.intermediates,
            crls=lambda: trust.crls,
            answers=trust.answers,
            keeper=lambda: keeper,
            editions=PublicRecords(stamped, seals, data / "bundles" / "public"),
        )
        contacts = Contacts(registry.directory, journal)
        channels = mail_channels(config, clock)
        for channel in channels.values():
            stack.callback(channel.close)
        post_office = PostOffice(
            registry,
            journal,
            clock,
            writer=Letters(config.hall.name, config.notices.address, config.hall.hotline),
            channels=channels,
            contacts=contacts,
            certificates=trust,
            seals=seals,
            origin=config.hall.origin,
        )
        if serving:
            await post_office.open()
            stack.push_async_callback(post_office.close)
            desk.watch = CertificateWatch(registry, trust, post_office.tell)
            desk.watch.open()
            stack.push_async_callback(desk.watch.close)
        reading = Reading(config.recordings, recording_keys.get)
        stack.push_async_callback(reading.close)
        watched = LiveRecordings(config.recordings, reading.plain, clock)
        stack.push_async_callback(watched.close)
        clips = Clips(reading, journal, seals, clock, out=data / "clips", anchors=roots)
        clips.clear()
        eraser = RecordingEraser(
            config.recordings,
            destroy=recording_keys.destroy,
            forget=reading.forget,
            copies=lambda opening: [
                data / "bundles" / f"{opening}.zip",
                *(data / "bundles" / opening).glob("*"),
                *clips.of(opening),
                *(config.recordings / ".incoming" / opening).glob("*"),
            ],
            everything=config.keeping.delete_files,
        )
        keeper = Keeper(
            registry,
            journal,
            clock,
            certificates=trust,
            revocations=desk.revocations,
            seals=seals,
            eraser=eraser,
            origin=config.hall.origin,
            years=config.keeping.retention_years,
        )
        if serving:
            await keeper.open()
        stack.push_async_callback(keeper.close)
        procedures = Procedures(
            registry,
            timed,
            clock,
            certificates=trust,
            revocations=desk.revocations,
            seals=seals,
            files=EncryptedFiles(blobs),
            matters=with_centre(MATTERS, registry),
            owed=OWED,
            origin=config.hall.origin,
            mode=Mode(config.hall.mode),
        )
        procedures.owe(post_office.letters(), owed_by_centre(registry, clock), owed_of_trust(trust.roots))
        publisher = NoticePublisher(
            registry,
            config.hall,
            lambda: trust.digest,
            procedures.rooms,
            lambda: procedures.centre().defaults,
        )
        procedures.owe(*publisher.owed(), *Experts(procedures).owed())
        procedures.owe(AwardPapers(stamped, EncryptedFiles(blobs), clock, config.hall.mode).owed())
        procedures.owe(MachineChecks(registry, journal, blobs, pool, data / "scratch").owed())
        desk.deposits.barred = Entry(procedures).barred
        files = MatterFiles(procedures, EncryptedFiles(blobs))
        bundles = CaseBundles(archive)
        procedures.owe(*supervision_owed(journal, keeper, files, clock), bundles.owed())
        stack.push_async_callback(bundles.close)
        if serving:
            await procedures.open()
            stack.push_async_callback(procedures.close)
        yield Core(
            clock=clock,
            journal=journal,
            registry=registry,
            desk=desk,
            doors=doors,
            externals=Externals(registry, ExternalFiles(config.recordings, sealing), keeper),
            records=records,
            sealed=sealed,
            receipts=receipts,
            written=DepositPapers(registry, desk.deposits, unstamped, clock, config.hall.mode),
            trust=trust,
            archive=archive,
            contacts=contacts,
            post_office=post_office,
            keeper=keeper,
            library=Library(registry, desk, recordings, reading, keeper, clips, clock),
            broadcast=Broadcast(registry, watched, clock),
            unanswered=UnansweredDesk(registry, trust, journal.proofs, notes, clock),
            stamping=stamping,
            health=health,
            procedures=procedures,
            files=files,
            reading=BidReading(procedures, MarkedPages(blobs, data / "scratch", fonts(config.signing).plain)),
            centre=CentreDesk(procedures, registry, journal, CentreCertificates(trust), clock),
            downloads=Downloads(procedures, EncryptedFiles(blobs), clock),
        )


def media_plane(config: Config, clock: HallClock) -> MediaWorkers:
    """The media workers as the settings want them, not started."""
    keys = None
    if config.storage.encrypt_recordings:
        keys = RecordingKeys(
            config.storage.data, HallKeys.load_or_create(config.storage.data / "keys").vault
        ).make
    return MediaWorkers(
        recordings=config.recordings,
        clock=clock,
        host=config.media.host,
        workers=config.media.workers or os.cpu_count() or 1,
        keys=keys,
        quota=config.storage.recordings_quota * GB,
        udp_ports=udp_range(config.media.udp_ports),
        cameras={camera_name(camera.id): camera.url for camera in config.media.cameras},
    )


def mail_channels(config: Config, clock: HallClock) -> dict[str, Channel]:
    """The ways of a notice beside the inbox, by name. Raises BadConfig."""
    found: dict[str, Channel] = {}
    if config.notices.smtp_host:
        found["smtp"] = SmtpChannel(config.notices, config.hall.origin, clock)
    if config.notices.sms_command:
        found["sms"] = SmsChannel(config.notices.sms_command)
    return found


def _failed(core: Core) -> bool:
    parts = (core.journal, core.registry, core.post_office, core.keeper, core.procedures)
    return any(part.failed for part in parts)


async def _watch(core: Core, stop: asyncio.Event) -> None:
    """Notice a journal or a room that takes no more appends."""
    while True:
        await asyncio.sleep(WATCH)
        if _failed(core):
            log.critical("a room or the journal takes no more; the server stops, a restart recovers")
            stop.set()


def inside(core: Core) -> Inside:
    return Inside(
        clock=core.clock,
        desk=core.desk,
        records=core.records,
        sealed=core.sealed,
        receipts=core.receipts,
        written=core.written,
        doors=core.doors,
        externals=core.externals,
        archive=core.archive,
        post_office=core.post_office,
        keeper=core.keeper,
        library=core.library,
        broadcast=core.broadcast,
        unanswered=core.unanswered,
        procedures=core.procedures,
        files=core.files,
        reading=core.reading,
        downloads=core.downloads,
        lists=core.journal.lists,
        centre=core.centre,
        ready=lambda: not core.journal.failed,
    )
