"""The effects of a `data-fx-chain`, each in a stream of samples."""
