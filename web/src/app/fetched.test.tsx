// @vitest-environment jsdom
import { act, Component, type ReactNode } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { fetched } from "./fetched";

let root: Root;
let place: HTMLElement;

beforeEach(() => {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  place = document.createElement("div");
  root = createRoot(place);
});

afterEach(async () => {
  await act(async () => root.unmount());
  vi.unstubAllGlobals();
});

class Boundary extends Component<{ children: ReactNode }> {
  override state = { message: "" };
  static getDerivedStateFromError = (error: Error) => ({ message: error.message });
  override render = (): ReactNode => this.state.message || this.props.children;
}

const Greeting = ({ name }: { name: string }) => <p>Hello {name}</p>;

test("nothing is shown until the component is there, and then at once", async () => {
  let arrive: (module: { default: typeof Greeting }) => void = () => {};
  const Shown = fetched<{ name: string }>(() => new Promise((resolve) => (arrive = resolve)));
  await act(async () => root.render(<Shown name="Ada" />));
  expect(place.textContent).toBe("");
  await act(async () => arrive({ default: Greeting }));
  expect(place.textContent).toBe("Hello Ada");
});

test("what was fetched ahead is drawn the first time", async () => {
  const load = vi.fn(async () => ({ default: Greeting }));
  const Shown = fetched<{ name: string }>(load);
  Shown.ahead();
  await Promise.resolve();
  await act(async () => {
    root.render(<Shown name="Bob" />);
  });
  expect(place.textContent).toBe("Hello Bob");
  expect(load).toHaveBeenCalledOnce();
});

test("a failure ahead is not told, and is told by the nearest boundary when it is shown", async () => {
  vi.spyOn(console, "error").mockImplementation(() => {});
  const Shown = fetched<{ name: string }>(() => Promise.reject(new Error("It did not come.")));
  Shown.ahead();
  await act(async () =>
    root.render(
      <Boundary>
        <Shown name="Ada" />
      </Boundary>,
    ),
  );
  expect(place.textContent).toBe("It did not come.");
});
