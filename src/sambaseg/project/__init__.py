"""Projects on disk: image, labels with their whole history, results, classifier; nothing acknowledged is lost."""
