// What the server tells about an open project while it is open, and where it goes.

import { followProject } from "../api/events";
import type { ImageSummary, JobInfo, ResultInfo } from "./contract";
import { withResult, withSummary } from "./imageList";
import type { Session, SessionHost } from "./session";

/** Follows the events of a session's project; returns the function that stops it. */
export function followNews(session: Session, host: SessionHost): () => void {
  const { notices, outbox, stage } = host;
  let isLost = false;
  return followProject(session.projectId, {
    job: (job) => followJob(job, session, host),
    result: (result) => followResult(result, session, host),
    tiles: (image, resultId, tiles) => {
      session.scenes.get(image)?.results.computed(resultId, tiles);
      if (image === session.image) stage.fetchNow();
    },
    image: (summary) => followImage(summary, session, host),
    smart: (progress) => host.smartProgressed(progress),
    revision: (ack) => void outbox.exclusive(() => session.labelling.followed(ack)),
    opened: (again) => {
      isLost = false;
      notices.clear("connection");
      if (!again) return;
      outbox.wake();
      stage.requests.retryNow();
      void session.refreshUntilDone("labels too");
    },
    lost: async () => {
      const isTold = isLost;
      isLost = true;
      const isToldInFront = await session.checkIsThere();
      if (isLost && !isTold && !isToldInFront && !session.isClosed) tellLost(host);
    },
  });
}

function tellLost({ notices }: SessionHost): void {
  notices.show(
    "connection",
    "error",
    "The connection to the server is lost.",
    "Labels are kept in this browser and sent as soon as the server answers.",
  );
}

function followJob(job: JobInfo, session: Session, { store, notices }: SessionHost): void {
  if (job.kind === "measure" || job.kind === "suggest_features" || job.kind === "clean") return; // whoever began it asks
  const isNew = store.getState().job?.id !== job.id;
  store.setState({ job });
  switch (job.state) {
    case "failed":
      if (job.error) notices.show("train", "error", job.error.message, job.error.hint);
      session.refreshSoon();
      return;
    case "done":
    case "cancelled":
      session.refreshSoon();
      return;
    case "queued":
    case "running":
      if (isNew) notices.clear("train");
      return;
  }
}

function followResult(result: ResultInfo, session: Session, { store, stage }: SessionHost): void {
  const image = result.image ?? 0;
  session.scenes.get(image)?.results.show(result);
  store.setState((state) => ({ images: withResult(state.images, result) }));
  if (image !== session.image) return;
  // A cancelled result gives way to the one before, which the project knows.
  if (result.state === "cancelled") session.refreshSoon();
  else store.setState(({ project }) => ({ result, project: project && { ...project, result } }));
  stage.requestFrame();
}

/** An image was built, failed, or its file went away or came back. */
function followImage(summary: ImageSummary, session: Session, { store, stage, notices }: SessionHost): void {
  const isShown = summary.id === session.image;
  const { id, state, message } = summary;
  const isNew = store.getState().images.find((image) => image.id === id)?.state !== state;
  store.setState(({ images, project }) => ({
    images: withSummary(images, summary),
    ...(isShown && project && { project: { ...project, image: { ...project.image, state, message } } }),
  }));
  if (!isShown || !isNew) return;
  if (state === "ready") notices.clear("image");
  stage.requests.retryNow();
}
