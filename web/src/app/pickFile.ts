// The system's file dialog.

/** The file that the person chose; null where the dialog was closed without one. */
export function pickFile(accept: string): Promise<File | null> {
  const input = document.createElement("input");
  input.type = "file";
  input.accept = accept;
  input.hidden = true;
  // In the document, since browsers may drop a dialog whose field nobody holds.
  document.body.append(input);
  return new Promise<File | null>((resolve) => {
    input.addEventListener("change", () => resolve(input.files?.[0] ?? null), { once: true });
    input.addEventListener("cancel", () => resolve(null), { once: true });
    input.click();
  }).finally(() => input.remove());
}

export const IMAGE_FILES = ".tif,.tiff,.png,.jpg,.jpeg,.bmp,.webp,.pgm,.ppm,image/*";
export const LABEL_FILES = ".tif,.tiff,.png,.bmp,.pgm,image/tiff,image/png";
export const CLASSIFIER_FILES = ".sambaseg";
