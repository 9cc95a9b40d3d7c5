"""`load`: an input into a collection, as jobs, each row once.

    source ─▶ rows ─▶ convert ─▶ chunks ─▶ Sending ─▶ confirmed ─▶ failed rows, checkpoint

Everything here runs on the caller's thread; what runs at once is in the manager.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from typing import Any

from typing_extensions import Unpack

from arango_jobs.checking import checked, shown
from arango_jobs.clock import Clock, SystemClock
from arango_jobs.errors import OptionError
from arango_jobs.loader.arangoimport import check_option_names
from arango_jobs.loader.checkpoint import Checkpoint, new_id, open_checkpoint
from arango_jobs.loader.chunks import Chunk, chunks
from arango_jobs.loader.convert import Converter, check_columns, make_converter
from arango_jobs.loader.dead_letter import DeadLetters, default_name
from arango_jobs.loader.errors import CheckpointError, LoaderError
from arango_jobs.loader.journal import Journal
from arango_jobs.loader.keywords import LoadKeywords, with_options
from arango_jobs.loader.options import LoadOptions
from arango_jobs.loader.plain import Plain
from arango_jobs.loader.report import LoadProgress, LoadReport
from arango_jobs.loader.rows import Row
from arango_jobs.loader.sending import Sending
from arango_jobs.loader.sources import Source, open_source
from arango_jobs.loader.stopping import StopSwitch
from arango_jobs.loader.tally import Tally
from arango_jobs.loader.target import LoadTarget, open_target, serializer_of

__all__ = ["load"]


@with_options(LoadOptions)
@checked
def load(
    source: Any,
    target: Any,
    collection: str,
    *,
    progress: Callable[[LoadProgress], None] | None = None,
    stop: StopSwitch | None = None,
    **options: Unpack[LoadKeywords],
) -> LoadReport:
    """Load `source` into `collection` and return what became of it.

    `source`: a path (CSV, TSV, JSON lines, a JSON array, Parquet, Arrow; gzip too), "-" for
    standard input, a data frame, or an iterable of dicts. `target`: a database or a
    `JobManager`. `progress` is called a few times a second; `stop.request()`, from any
    thread, ends the load once what is on its way has ended. The options are those of
    `LoadOptions`. Rows that fail are written to a file and counted, not raised. Raises
    `SourceError`, `CheckpointError`, `DeadLetterError` and `LoadStoppedError`, whose
    `report` says what had been confirmed.
    """
    check_option_names("load", options, LoadOptions.__slots__)
    chosen = LoadOptions(**options)
    if stop is not None and not isinstance(stop, StopSwitch):
        raise OptionError(f"stop must be a StopSwitch or None, not {shown('stop', stop)}")
    with ExitStack() as stack:
        plain = Plain(serializer_of(target))
        opened = open_source(source, chosen, plain)
        stack.callback(opened.close)
        if opened.columns is not None:
            check_columns(chosen, opened.columns, opened.name)
        run = _Run(opened, collection, chosen, stop or StopSwitch(), progress, plain)
        return run.rehearse() if chosen.dry_run else run.load(target, stack)


class _Run:
    """One call of `load`."""

    def __init__(
        self,
        source: Source,
        collection: str,
        options: LoadOptions,
        stop: StopSwitch,
        progress: Callable[[LoadProgress], None] | None,
        plain: Plain,
        clock: Clock | None = None,
    ) -> None:
        self._source = source
        self._collection = collection
        self._options = options
        self._stop = stop
        self._progress = progress
        self._plain = plain
        self._tally = Tally(clock or SystemClock())
        self._letters: DeadLetters | None = None
        self._checkpoint: Checkpoint | None = None

    def rehearse(self) -> LoadReport:
        """Read and convert everything, send nothing."""
        tally = self._tally
        with self._open_letters(None) as letters:
            for chunk in self._chunks("dry-run"):
                letters.write(chunk.failed)
                tally.taken = chunk.end - 1
                tally.ended(chunk.rows, chunk.failed)
        return self._report(is_complete=not self._stop.is_requested)

    def load(self, target: Any, stack: ExitStack) -> LoadReport:
        """Send everything that is not confirmed yet."""
        options, tally = self._options, self._tally
        where = stack.enter_context(open_target(target, self._collection))
        checkpoint = self._checkpoint = self._open_checkpoint(where)
        if checkpoint is not None:
            state = checkpoint.state
            tally.resume(state.documents, state.updated, state.ignored, state.failed)
            if state.is_complete:
                return self._report(is_complete=True)
        if options.create_database:
            where.make_database()
        where.prepare(create=options.create, edge=options.edge)
        letters = stack.enter_context(self._open_letters(checkpoint))
        journal = Journal(checkpoint, letters, tally)
        journal.begin()
        # Once, even if an earlier run was killed while it did so: nothing had been sent then.
        if options.overwrite and not journal.in_doubt_below:
            where.empty()
        sending = Sending(where, journal, tally, options, self._stop, self._progress)
        try:
            sending.send_all(self._chunks(checkpoint.state.id if checkpoint else new_id()))
            journal.end(is_complete=not self._stop.is_requested)
        except LoaderError as error:
            journal.give_up()
            error.report = self._report(is_complete=False)
            raise
        except BaseException:
            journal.give_up()
            raise
        return self._report(is_complete=not self._stop.is_requested)

    def _chunks(self, load_id: str) -> Iterator[Chunk]:
        return chunks(
            self._rows(load_id),
            max_rows=self._options.chunk_rows,
            max_bytes=self._options.chunk_bytes,
            plain=self._plain,
        )

    def _rows(self, load_id: str) -> Iterator[Row]:
        """Give the rows that are to be sent, as documents with keys."""
        options, stop, tally = self._options, self._stop, self._tally
        convert = make_converter(options)
        last = None if options.limit is None else options.skip + options.limit
        done = self._checkpoint.confirmed if self._checkpoint else ()
        for row in stop.interruptible(self._source):
            tally.rows = row.number
            if row.number > options.skip and row.number not in done:
                if convert is not None and row.original is not None:
                    _convert(row, convert, self._plain)
                _set_key(row, f"{options.key_prefix}{load_id}" if options.client_keys else None)
                yield row
            if row.number == last:
                return

    def _open_letters(self, checkpoint: Checkpoint | None) -> DeadLetters:
        options = self._options
        letters = self._earlier_letters(checkpoint)
        if letters is None and options.dead_letter is not None:
            letters = DeadLetters(options.dead_letter)
        elif letters is None:
            another = partial(default_name, self._source.name)
            letters = DeadLetters(another(), another=another)
        self._letters = letters
        return letters

    def _earlier_letters(self, checkpoint: Checkpoint | None) -> DeadLetters | None:
        """Return the file of the run that left `checkpoint`, `None` if that made none."""
        if checkpoint is None:
            return None
        state = checkpoint.state
        if not (state.has_dead_letter or state.dead_letter_size):
            return None
        path = self._options.dead_letter or state.dead_letter
        if os.fspath(path) == state.dead_letter:
            return DeadLetters(path, keep=state.dead_letter_size)
        if state.dead_letter_size:
            raise CheckpointError(
                f"the checkpoint {checkpoint.path} goes with {state.dead_letter} "
                f"for failed rows, not {os.fspath(path)}"
            )
        state.has_dead_letter = False
        return None

    def _open_checkpoint(self, target: LoadTarget) -> Checkpoint | None:
        options, source = self._options, self._source
        if options.checkpoint is None:
            return None
        if source.identity is None:
            raise CheckpointError(
                f"{source.name} cannot be told apart from another input, so a checkpoint would "
                "prove nothing; load a file, or give an iterable a source_name"
            )
        return open_checkpoint(
            options.checkpoint,
            source=source.identity,
            target={"database": target.database, "collection": self._collection},
            options=_fingerprint(options, source),
            defaults=LoadOptions().fingerprint(),
        )

    def _report(self, *, is_complete: bool) -> LoadReport:
        tally, checkpoint, letters = self._tally, self._checkpoint, self._letters
        path = letters.path if letters else checkpoint.state.dead_letter if checkpoint else None
        return LoadReport(
            source=self._source.name,
            collection=self._collection,
            documents=tally.documents,
            created=tally.documents - tally.updated - tally.ignored,
            updated=tally.updated,
            ignored=tally.ignored,
            failed=tally.failed,
            resumed=tally.resumed,
            seconds=tally.seconds(),
            requests=tally.requests,
            rows=tally.rows if is_complete else tally.taken,
            dead_letter=str(path) if tally.failed and path else None,
            checkpoint=str(checkpoint.path) if checkpoint else None,
            is_complete=is_complete,
            is_dry_run=self._options.dry_run,
            first_failures=tuple(tally.first_failures),
        )


def _fingerprint(options: LoadOptions, source: Source) -> dict[str, Any]:
    """Return the options, with what a file of headers says in place of its path."""
    values = options.fingerprint()
    if options.headers_file is not None:
        values["headers_file"] = list(source.columns or ())
    return values


def _convert(row: Row, convert: Converter, plain: Plain) -> None:
    original = row.original or {}
    try:
        row.document = convert(original)
    except ValueError as error:
        # Perhaps since it has values of Python's own.
        outermost = plain.outermost(original)
        if outermost is original:
            row.fail(str(error))
            return
        try:
            row.document = convert(outermost)
        except ValueError as same:
            row.fail(str(same))


def _set_key(row: Row, prefix: str | None) -> None:
    """Put a key into a document that has none: the one it had before, or one of ours."""
    document, made_key = row.document, row.made_key
    row.made_key = None
    if row.problem is not None or document is None or "_key" in document:
        return
    document_id = document.get("_id")
    if isinstance(document_id, str) and "/" in document_id:
        row.document = {**document, "_key": document_id.partition("/")[2]}
    elif prefix is not None:
        row.made_key = made_key or f"{prefix}-{row.number}"
        row.document = {**document, "_key": row.made_key}
