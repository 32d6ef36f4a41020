// The system's file dialog.

/** The file that the person chose; null where the dialog was closed without one. */
export function pickFile(accept: string): Promise<File | null> {
  const input = document.createElement("input");
  input.type = "file";
  input.accept = accept;
  return new Promise((resolve) => {
    input.addEventListener("change", () => resolve(input.files?.[0] ?? null), { once: true });
    input.addEventListener("cancel", () => resolve(null), { once: true });
    input.click();
  });
}

export const IMAGE_FILES = ".tif,.tiff,.png,.jpg,.jpeg,.bmp,.webp,.pgm,.ppm,image/*";
export const LABEL_FILES = ".tif,.tiff,.png,.bmp,.pgm,image/tiff,image/png";
export const CLASSIFIER_FILES = ".sambaseg";
