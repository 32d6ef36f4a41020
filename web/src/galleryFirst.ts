// Starts the same page where the gallery is what one came for: its code comes at once, not after the page's own.

import "./gallery/GalleryScreen";
import "./main";
