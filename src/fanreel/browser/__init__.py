"""One Chromium: found, started, driven through one of two drivers, ended."""
