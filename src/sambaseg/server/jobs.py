"""Work that takes a while: one job a project, a newer one cancels the older, a bounded number at a time.

Measuring, looking for a smaller recipe and cleaning results up go on beside the job that trains or segments: one of
each a project.

Where there are accounts, one of each owner of projects at a time, and owners take turns.

The budget of memory is shared among as many jobs as run at once, see `pipeline.memory`.

A job runs in a thread; the kernels release the GIL, so that requests go on beside it. Its state goes to everyone who
follows the project.
"""

from __future__ import annotations

import contextlib
import logging
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from sambaseg.errors import CancelledError, NotFoundError, QuotaError, SambasegError
from sambaseg.pipeline.progress import CancelToken
from sambaseg.server.background import step_back
from sambaseg.server.events import EventHub
from sambaseg.server.fair_queue import FairQueue
from sambaseg.server.garbage import leave_out_what_is_loaded
from sambaseg.server.refusals import as_refusal
from sambaseg.server.remaining import TimeLeft
from sambaseg.server.schemas import ErrorBody, EventBody, JobInfo, JobKind, JobState

log = logging.getLogger("sambaseg.server")

JOBS_AT_ONCE = 2
JOBS_REMEMBERED = 500
SECONDS_BETWEEN_REPORTS = 0.1
SECONDS_TO_CANCEL = 0.15
"""A person who cancels is answered after this time at the latest; mostly the job has ended by then."""
BESIDE: frozenset[JobKind] = frozenset({"measure", "suggest_features", "clean"})
Place = tuple[str, JobKind | None]
ENDED: frozenset[JobState] = frozenset({"done", "failed", "cancelled"})


class Job:
    """One training or segmentation: its state, and how it is told to the project's followers.

    ``superseded`` is set where a newer job of the project takes its place, before it is cancelled.
    """

    def __init__(self, project_id: str, kind: JobKind, events: EventHub) -> None:
        self.id = secrets.token_hex(16)
        self.project_id = project_id
        self.kind: JobKind = kind
        self.token = CancelToken()
        self.ended = threading.Event()
        self.superseded: Job | None = None
        self.ran_out_of_time = threading.Event()
        self._events = events
        self._lock = threading.Lock()
        self._time_left = TimeLeft()
        self._told = 0.0
        self._state: JobState = "queued"
        self._stage = "Waiting"
        self._progress = 0.0
        self._seconds_left: float | None = None
        self._result_id: str | None = None
        self._image: int | None = None
        self._images_done, self._images_total = 0, 1
        self._error: ErrorBody | None = None

    @property
    def place(self) -> Place:
        """The project, and the kind of a job that goes on beside others: jobs with one place take turns."""
        return self.project_id, self.kind if self.kind in BESIDE else None

    def info(self) -> JobInfo:
        """Return what is known of the job now."""
        with self._lock:
            return JobInfo(
                id=self.id,
                project_id=self.project_id,
                kind=self.kind,
                image=self._image,
                images_done=self._images_done,
                images_total=self._images_total,
                state=self._state,
                stage=self._stage,
                progress=self._progress,
                seconds_left=self._seconds_left,
                result_id=self._result_id,
                error=self._error,
            )

    def report(self, stage: str, fraction: float) -> None:
        """Tell how far the job is, from any thread; followers hear of it ten times a second at most."""
        now = time.monotonic()
        with self._lock:
            if self._state in ENDED:
                return
            changed = self._state != "running" or stage != self._stage
            self._state, self._stage = "running", stage
            self._progress = max(self._progress, min(fraction, 1.0))
            self._seconds_left = self._time_left.after(self._progress, now)
            due = changed or now - self._told >= SECONDS_BETWEEN_REPORTS
            self._told = now if due else self._told
        if due:
            self._tell()

    def begin_image(self, image: int | None, *, done: int = 0, total: int = 1) -> None:
        """Note the image that the job is at, and how many of all are done; told with the result that it fills."""
        with self._lock:
            self._image, self._images_done, self._images_total = image, done, total

    def writes_to(self, result_id: str) -> None:
        """Note the result that the job fills, and tell about it and its image."""
        with self._lock:
            self._result_id = result_id
        self._tell()

    def cancel(self) -> None:
        """Ask the job to end; one that has not begun has ended with that."""
        self.token.cancel()
        with self._lock:
            begun = self._state != "queued"
        if not begun:
            self.end("cancelled")

    @property
    def runs(self) -> bool:
        """Whether it has begun and not ended."""
        return self._state == "running"

    @property
    def has_ended(self) -> bool:
        """Whether its end is noted; those who follow the project are told of it before `ended` is set."""
        return self._state in ENDED

    def end(self, state: JobState, error: SambasegError | None = None) -> None:
        """Note the end; the first one counts."""
        with self._lock:
            if self._state in ENDED:
                return
            self._state = state
            self._stage = {"done": "Done", "cancelled": "Cancelled"}.get(state, "Failed")
            self._seconds_left = None
            if state == "done":
                self._progress, self._images_done = 1.0, self._images_total
            if error is not None:
                self._error = ErrorBody(code=error.code, message=error.message, hint=error.hint)
        self._tell()
        self.ended.set()

    def _tell(self) -> None:
        self._events.publish(self.project_id, "job", EventBody(job=self.info()))


def no_job(job_id: str) -> NotFoundError:
    """Return the refusal of a job that is not there, or not theirs who ask."""
    return NotFoundError(f"There is no job {job_id}.", hint="It ended before the server was started.")


Work = Callable[[Job], None]
"""What a job does; it reports to the job and raises CancelledError soon after the job's token is cancelled."""


@dataclass(frozen=True)
class Turns:
    """Who jobs are for: the owner of a project ("" for all in local mode), how many run for one owner at once, and how
    many seconds one may run (None: as long as it takes).
    """

    owner_of: Callable[[str], str] = lambda _project_id: ""
    seconds_of: Callable[[str], float | None] = lambda _owner: None
    each: int = JOBS_AT_ONCE


class JobRunner:
    """All jobs of the server."""

    def __init__(self, events: EventHub, turns: Turns | None = None) -> None:
        self._events = events
        self._turns = turns or Turns()
        self._pool = ThreadPoolExecutor(JOBS_AT_ONCE, thread_name_prefix="job", initializer=step_back)
        self._queue = FairQueue(self._pool, at_once=JOBS_AT_ONCE, each=self._turns.each)
        self._lock = threading.Lock()
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._newest: dict[Place, Job] = {}
        self._kinds_done: set[JobKind] = set()

    def start(self, project_id: str, kind: JobKind, work: Work, *, skipped: Work = lambda _: None) -> JobInfo:
        """Queue a job; the project's older one is cancelled, and has ended before this one begins.

        `skipped` is called instead of `work` where the job was cancelled before it began; it may come after the
        beginning of a newer job.
        """
        job, owner = Job(project_id, kind, self._events), self._turns.owner_of(project_id)
        with self._lock:
            older = self._newest.get(job.place)
            self._newest[job.place] = self._jobs[job.id] = job
            while len(self._jobs) > JOBS_REMEMBERED and next(iter(self._jobs.values())).ended.is_set():
                self._jobs.popitem(last=False)
        if older is not None:
            older.superseded = job
            older.cancel()
        self._queue.submit(owner, partial(self._run, job, work, skipped, older, self._turns.seconds_of(owner)))
        return job.info()

    def get(self, job_id: str) -> JobInfo:
        """Return a job. Raises NotFoundError."""
        return self._job(job_id).info()

    def running(self, project_id: str, beside: JobKind | None = None) -> JobInfo | None:
        """Return the job that trains or segments a project, or the one of a kind that goes on `beside`, if it runs."""
        with self._lock:
            job = self._newest.get((project_id, beside))
        return job.info() if job is not None and not job.has_ended else None

    def share_of(self, threads: int) -> int:
        """Return how many of `threads` a job takes that begins now: they are shared with the other one that runs.

        With more threads that compute than cores, one that holds Python's lock waits for a core, and with it all
        requests, whose priority does not help them: `bench/lab_load.py` shows it.
        """
        with self._lock:
            running = sum(job.runs for job in self._jobs.values())
        return -(-threads // max(1, running))

    def active(self) -> list[JobInfo]:
        """Return the jobs that run or wait, the oldest first."""
        with self._lock:
            jobs = list(self._jobs.values())
        return [job.info() for job in jobs if not job.has_ended]

    def ask_to_end(self, job_id: str) -> None:
        """Cancel a job without waiting for its end. Raises NotFoundError."""
        self._job(job_id).cancel()

    def cancel(self, job_id: str) -> JobInfo:
        """Cancel a job and return it; mostly it has ended by then. Raises NotFoundError."""
        job = self._job(job_id)
        job.cancel()
        job.ended.wait(SECONDS_TO_CANCEL)
        return job.info()

    def end_project(self, project_id: str) -> None:
        """Cancel the project's jobs and wait until nothing of them runs."""
        with self._lock:
            ending = [self._newest.pop((project_id, kind), None) for kind in (None, *BESIDE)]
        for job in ending:
            if job is not None:
                job.cancel()
                job.ended.wait()

    def stop(self) -> None:
        """Cancel everything; what has not begun never will."""
        with self._lock:
            jobs = list(self._jobs.values())
        for job in jobs:
            job.cancel()
        self._queue.stop()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def wait(self) -> None:
        """Return when nothing runs any more; after `stop`."""
        self._pool.shutdown(wait=True)

    def _job(self, job_id: str) -> Job:
        with self._lock:
            job = self._jobs.get(job_id)
        if job is None:
            raise no_job(job_id)
        return job

    def _run(self, job: Job, work: Work, skipped: Work, older: Job | None, seconds: float | None) -> None:
        """Do the work; whatever happens, the job ends."""
        clock = _end_after(job, seconds)
        try:
            if older is not None:
                older.ended.wait()
            if job.token.cancelled:
                skipped(job)
            job.token.raise_if_cancelled()
            job.report("Starting", 0.0)
            work(job)
            job.end("done")
        except CancelledError:
            if job.ran_out_of_time.is_set():
                hint = "Take a smaller image or a recipe with fewer features, or work on a computer of your own."
                job.end("failed", QuotaError(f"This took longer than {seconds:.0f} seconds.", hint=hint))
            job.end("cancelled")
        except Exception as error:  # the thread's end: nobody above could answer
            known = as_refusal(error)
            if known is None:
                log.error("A job failed", exc_info=error)
                hint = "Try again. The terminal that runs sambaseg tells more."
                known = SambasegError("Something went wrong in the server; what you did before is safe.", hint=hint)
            job.end("failed", known)
        finally:
            clock.cancel()
        with contextlib.suppress(KeyError), self._lock:
            if job.ended.is_set() and self._newest[job.place] is job:
                del self._newest[job.place]
        if job.kind not in self._kinds_done:  # the first one loaded the kernels that it needed
            self._kinds_done.add(job.kind)
            leave_out_what_is_loaded()


def _end_after(job: Job, seconds: float | None) -> threading.Timer:
    """Cancel the job after so many seconds; the clock is to be stopped at its end."""

    def end() -> None:
        job.ran_out_of_time.set()
        job.token.cancel()

    clock = threading.Timer(seconds or 0.0, end)
    clock.daemon = True
    if seconds is not None:
        clock.start()
    return clock
