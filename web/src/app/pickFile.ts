// The system's file dialog.

/** The file that the person chose; null where the dialog was closed without one. */
export async function pickFile(accept: string): Promise<File | null> {
  return (await ask((input) => (input.accept = accept)))[0] ?? null;
}

/** The files that the person chose; none where the dialog was closed. */
export const pickFiles = (accept: string): Promise<File[]> =>
  ask((input) => {
    input.accept = accept;
    input.multiple = true;
  });

/** All files of a folder that the person chose, each with its `webkitRelativePath`. */
export const pickFolder = (): Promise<File[]> => ask((input) => (input.webkitdirectory = true));

function ask(prepare: (input: HTMLInputElement) => void): Promise<File[]> {
  const input = document.createElement("input");
  input.type = "file";
  input.hidden = true;
  prepare(input);
  // In the document, since browsers may drop a dialog whose field nobody holds.
  document.body.append(input);
  return new Promise<File[]>((resolve) => {
    input.addEventListener("change", () => resolve(Array.from(input.files ?? [])), { once: true });
    input.addEventListener("cancel", () => resolve([]), { once: true });
    input.click();
  }).finally(() => input.remove());
}

export const IMAGE_FILES = ".tif,.tiff,.btf,.tf8,.png,.jpg,.jpeg,.bmp,.webp,.pnm,.pgm,.ppm,.pbm,.pam,image/*";
export const LABEL_FILES = ".tif,.tiff,.png,.bmp,.pgm,image/tiff,image/png";
export const CLASSIFIER_FILES = ".sambaseg";
