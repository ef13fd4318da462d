"""The steps' own work, done in a child: pages are opened here, and media decoded."""
