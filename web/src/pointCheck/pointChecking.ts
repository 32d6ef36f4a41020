// "Check by points": asks for the class of one random pixel after the other, while nothing is drawn over the image.
// Answers show at once and are sent one by one, in their order; what was not stored is asked again.

import type { StoreApi } from "zustand/vanilla";
import { ApiError } from "../api/error";
import { answerPoint } from "../api/pointCheck";
import type { Stage } from "../canvas/stage";
import type { CheckedPoint, EditorState, PointAnswer, PointCheckStatus, Schemas } from "../state/contract";
import type { Notices } from "../state/notices";
import { mayChange } from "../state/rights";
import { drawCross, firstViewOfPoint, viewOfPoint } from "./cross";
import { firstOpen, nextOpen, withAnswer } from "./points";

export interface PointCheckingHost {
  store: StoreApi<EditorState>;
  notices: Notices;
  stage: Pick<Stage, "view" | "setView" | "requestFrame">;
  /** Resolves when the server has all labels and classes. */
  stored(projectId: string): Promise<void>;
  /** Gives up what is being drawn, proposed or marked. */
  leaveTools(): void;
}

/** One sample that is being checked, with the answers that the server has not acknowledged, the oldest first. */
interface Run {
  project: string;
  image: number;
  id: string;
  unstored: { number: number; answer: PointAnswer; before: PointAnswer | null }[];
}

export class PointChecking {
  readonly #host: PointCheckingHost;
  #run: Run | null = null;
  #sent: Promise<void> = Promise.resolve();

  constructor(host: PointCheckingHost) {
    this.#host = host;
    host.store.subscribe((state) => {
      if (state.pointCheck && !isOfShown(state.pointCheck, state)) this.stop();
    });
  }

  /** Begins with the first point that has no answer, or goes through the answers from the last one backwards. */
  begin(image: number, { id, points }: Schemas["PointCheckInfo"]): void {
    const { project } = this.#host.store.getState();
    if (!project || id === null) return;
    const status: PointCheckStatus = {
      project: project.id,
      image,
      id,
      points,
      at: firstOpen(points) ?? points.length - 1,
      unstored: 0,
    };
    const first = points[status.at ?? -1];
    if (!first || !isOfShown(status, this.#host.store.getState())) return;
    this.#host.leaveTools();
    this.#run = { project: project.id, image, id, unstored: [] };
    this.#host.store.setState({ pointCheck: status });
    this.#host.stage.setView(firstViewOfPoint(this.#host.stage.view, first));
  }

  /** Takes down what the person says of the point that is asked, and asks the next one. */
  answer(answer: PointAnswer): void {
    const { pointCheck: status } = this.#host.store.getState();
    const run = this.#run;
    if (!run || !status || status.at === null) return;
    const number = status.at;
    run.unstored.push({ number, answer, before: status.points[number]?.answer ?? null });
    this.#host.notices.clear("canvas");
    const points = withAnswer(status.points, number, answer);
    this.#ask({ ...status, points, at: nextOpen(points, number), unstored: run.unstored.length });
    this.#sent = this.#sent.then(() => this.#send(run));
  }

  /** Asks the point before again. */
  back(): void {
    const { pointCheck: status } = this.#host.store.getState();
    if (!status || status.at === 0) return;
    this.#ask({ ...status, at: (status.at ?? status.points.length) - 1 });
  }

  /** Ends the check, with all answers so far kept; true where there was one. */
  stop(): boolean {
    if (this.#host.store.getState().pointCheck === null) return false;
    this.#run = null;
    this.#host.leaveTools();
    this.#host.notices.clear("canvas");
    this.#host.store.setState({ pointCheck: null });
    this.#host.stage.requestFrame();
    return true;
  }

  /** Resolves when no answer is on its way any more. */
  settled(): Promise<void> {
    return this.#sent;
  }

  draw(canvas: CanvasRenderingContext2D): void {
    const { pointCheck: status } = this.#host.store.getState();
    const point = status?.points[status.at ?? -1];
    if (point) drawCross(canvas, this.#host.stage.view, point);
  }

  #ask(status: PointCheckStatus): void {
    this.#host.store.setState({ pointCheck: status });
    const point = status.points[status.at ?? -1];
    if (point) this.#host.stage.setView(viewOfPoint(this.#host.stage.view, point));
    else this.#host.stage.requestFrame("preview");
  }

  /** Sends the oldest answer that is not stored; nothing where those before it were refused, and it with them. */
  async #send(run: Run): Promise<void> {
    const next = run.unstored[0];
    if (!next) return;
    try {
      await this.#host.stored(run.project);
      await answerPoint(run.project, run.image, { checkId: run.id, number: next.number, answer: next.answer });
      run.unstored.shift();
      this.#publish(run, (status) => ({ ...status, unstored: run.unstored.length }));
    } catch (failure) {
      if (!(failure instanceof ApiError)) throw failure;
      this.#refused(run, failure);
    }
  }

  /** What was not stored is asked again, from the first such answer on; a check that is gone ends. */
  #refused(run: Run, failure: ApiError): void {
    const undone = run.unstored.splice(0);
    this.#publish(run, (status) => {
      const points = undone.reduceRight<readonly CheckedPoint[]>(
        (restored, { number, before }) => withAnswer(restored, number, before),
        status.points,
      );
      return { ...status, points, at: undone[0]?.number ?? status.at, unstored: 0 };
    });
    if (failure.status === 404 && run === this.#run) this.stop();
    this.#tell(run, failure);
  }

  #tell({ project }: Run, failure: ApiError): void {
    const { store, notices } = this.#host;
    if (store.getState().project?.id !== project || notices.isToldInFront(failure)) return;
    const hint = failure.status === 0 ? "Answer the point again when the server is there." : failure.hint;
    notices.show("canvas", "error", `The answer was not stored. ${failure.message}`, hint);
  }

  /** Changes the status, where it is still that of this run; goes to the point where another one is asked now. */
  #publish(run: Run, change: (status: PointCheckStatus) => PointCheckStatus): void {
    const { pointCheck: status } = this.#host.store.getState();
    if (!status || run !== this.#run) return;
    const changed = change(status);
    if (changed.at === status.at) this.#host.store.setState({ pointCheck: changed });
    else this.#ask(changed);
  }
}

/** Its image is on the screen, and segmented, and one may answer. */
function isOfShown(status: PointCheckStatus, state: EditorState): boolean {
  const isShown = state.project?.id === status.project && state.image === status.image;
  return isShown && state.result !== null && mayChange(state);
}
