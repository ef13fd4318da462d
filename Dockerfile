# The image of the Lambda function and of the Cloud Run service: Chromium, Xvfb and fonts, then
# locked Python packages, then us.
# Nothing here names a processor, so it builds for amd64 and arm64 alike.
# The index of all processors; a new one comes with a new DEBIAN_SNAPSHOT, and is the older of the two.
ARG BASE=debian:trixie-slim@sha256:a29215f6a35e51e22adffa17f89e9d2ef06214e64a2bad10d765c46aea49f11f

FROM ${BASE} AS system
# All Debian packages as they were at this moment, so that a build of next year draws the same
# pixels. Empty: as they are now, from wherever the base image gets its own.
ARG DEBIAN_SNAPSHOT=20261120T000000Z
ENV DEBIAN_FRONTEND=noninteractive
# Not unpacked: translations, manuals, pointers, Noto's Display families, which a page can only have by
# name and so from the web, GPU drivers with their compiler (200 MB), and Vulkan's tools for developers.
# Removed, since packages need it while they are installed: what desktops show files by, and systemd. A
# frame is drawn in software by Chromium itself, with SwiftShader where a page uses WebGL.
RUN printf 'path-exclude=/usr/%s\n' \
      'share/doc/*' 'share/man/*' 'share/info/*' 'share/locale/*' 'share/icons/*/cursors/*' \
      'share/fonts/truetype/noto/*Display-*' \
      'lib/chromium/libVkLayer*' 'lib/chromium/libVkICD*' \
      'lib/*/dri/*' 'lib/*/libgallium-*' 'lib/*/libLLVM*' 'lib/*/libz3*' 'lib/llvm-*' \
      >/etc/dpkg/dpkg.cfg.d/fanreel; \
    if [ -n "$DEBIAN_SNAPSHOT" ]; then \
      rm -f /etc/apt/sources.list /etc/apt/sources.list.d/*; \
      archive=http://snapshot.debian.org/archive; \
      printf 'deb [check-valid-until=no] %s trixie%s main\n' \
        "$archive/debian/$DEBIAN_SNAPSHOT" "" \
        "$archive/debian/$DEBIAN_SNAPSHOT" -updates \
        "$archive/debian-security/$DEBIAN_SNAPSHOT" -security >/etc/apt/sources.list; \
    fi; \
    set -eux; \
    apt-get update -q; \
    apt-get install -qy --no-install-recommends \
      ca-certificates chromium python3 xvfb \
      fonts-liberation fonts-noto-core fonts-noto-cjk fonts-noto-color-emoji; \
    rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/* \
      /usr/share/icons /usr/share/mime /usr/share/gtk-3.0 /usr/lib/python3*/pydoc_data \
      /usr/lib/systemd /usr/lib/*-linux-gnu/systemd; \
    # Scanning the fonts takes seconds, and at run time nobody could keep the result.
    fc-cache --force --system-only

FROM system AS packages
RUN apt-get update -q && apt-get install -qy --no-install-recommends binutils python3-venv
COPY handler/image/uv.txt /opt/
RUN python3 -m venv /opt/uv \
    && /opt/uv/bin/pip install --quiet --no-cache-dir --require-hashes --requirement /opt/uv.txt
ENV UV_PROJECT_ENVIRONMENT=/opt/venv UV_PYTHON=/usr/bin/python3 UV_PYTHON_DOWNLOADS=never \
    UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_NO_CACHE=1 UV_SYSTEM_CERTS=1
WORKDIR /opt/fanreel
COPY pyproject.toml uv.lock ./
# Without Playwright, which lint alone goes by and which brings a Node.js (165 MB), and what only the
# command line uses; without tests of NumPy, debugging symbols of PyAV's modules (26 MB), and
# descriptions of the hundreds of services that the function does not call (25 MB).
RUN set -eux; \
    without=; \
    for package in playwright greenlet pyee \
      rich pygments markdown-it-py mdurl typer shellingham watchfiles; do \
      without="$without --no-install-package $package"; \
    done; \
    /opt/uv/bin/uv sync --locked --no-default-groups --group lambda --group cloud-run --extra aws \
      --no-install-project $without; \
    cd /opt/venv/lib/python3*/site-packages; \
    find numpy -type d -name tests -prune -exec rm -rf {} +; \
    find av -name '*.so' -exec strip --strip-unneeded {} +; \
    rm -r aws_lambda_powertools/event_handler/openapi/swagger_ui/*.js; \
    find botocore/data -mindepth 1 -maxdepth 1 -type d \
      ! -name s3 ! -name sts ! -name secretsmanager ! -name xray -exec rm -rf {} +

# The format's font families, as pinned packages of the npm registry; 13 MB.
FROM system AS fonts
ARG NPM_CONFIG_REGISTRY=
WORKDIR /opt/fanreel
COPY src/fanreel/files/kept_dirs.py fanreel/files/
COPY src/fanreel/fonts fanreel/fonts
RUN FANREEL_FONTS_DIR=/usr/local/share/fanreel/fonts python3 -m fanreel.fonts

# Apart from the packages, so that a change to our code changes a layer of 3 MB and not of 400.
FROM packages AS project
COPY README.md LICENSE ./
COPY scripts/wheel_files.py scripts/
COPY src src
RUN /opt/uv/bin/uv pip install --no-deps --compile-bytecode --target lib .
COPY handler lib/handler
RUN python3 -m compileall -q lib/handler

FROM system
COPY --from=packages /opt/venv /opt/venv
COPY --from=fonts /usr/local/share/fanreel /usr/local/share/fanreel
COPY --from=project /opt/fanreel/lib /opt/fanreel
# Lambda runs it as a user of its own, Cloud Run as this one, without a home; the only place to write is /tmp, which is
# emptied after every invocation: frames of videos kept there would serve nobody.
ENV PATH=/opt/venv/bin:$PATH PYTHONPATH=/opt/fanreel HOME=/tmp TMPDIR=/tmp FANREEL_TMP_DIR=/tmp \
    PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 FANREEL_EXTRACT_CACHE_DIR=off
WORKDIR /opt/fanreel
USER 65534:65534
RUN python -m handler.image.check && rm -rf /tmp/* /tmp/.X11-unix
# Cloud Run is told another: `python -m handler.cloud_run` (command of the container).
ENTRYPOINT ["python", "-m", "awslambdaric"]
CMD ["handler.app.lambda_handler"]
