// Asks for its variables, so it belongs to the composition and runs once per mount.
log(`own ${Object.keys(window.__hyperframes.getVariables()).length} ${document.querySelectorAll(".x").length}`);
