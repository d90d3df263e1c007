"""Files of tickets: their bytes in the storage, who may open them, thumbnails and the scanner."""
