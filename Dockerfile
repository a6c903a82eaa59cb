# syntax=docker/dockerfile:1
#
# Builds a small image with the binary as its entry point and nothing else to run: no shell, not
# root, CA certificates included.
#
#   docker buildx build --platform linux/amd64,linux/arm64 --tag REGISTRY/ec2-autoscale:0.1.0 --push .
#
# The compiler runs on the building machine for both architectures, so that nothing is emulated. It
# takes about 20 minutes on two cores, and 9 GB of memory, nearly all of it for the AWS SDK.

FROM --platform=$BUILDPLATFORM rust:1.95-slim-bookworm AS build
ARG TARGETARCH
SHELL ["/bin/bash", "-o", "errexit", "-o", "nounset", "-o", "pipefail", "-c"]
WORKDIR /source

# The TLS library is C, so that the other architecture needs its C compiler as well as its Rust
# target.
# hadolint ignore=DL3008,SC2086
RUN case "$TARGETARCH" in \
        amd64) echo x86_64-unknown-linux-gnu > /target; packages="gcc-x86-64-linux-gnu libc6-dev-amd64-cross" ;; \
        arm64) echo aarch64-unknown-linux-gnu > /target; packages="gcc-aarch64-linux-gnu libc6-dev-arm64-cross" ;; \
        *) echo "no target for the architecture $TARGETARCH: build for amd64 or arm64" >&2; exit 1 ;; \
    esac; \
    rustup target add "$(cat /target)"; \
    if [ "$(dpkg --print-architecture)" != "$TARGETARCH" ]; then \
        apt-get update; \
        apt-get install --yes --no-install-recommends $packages; \
        rm -rf /var/lib/apt/lists/*; \
    fi

ENV CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER=x86_64-linux-gnu-gcc \
    CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc \
    CC_x86_64_unknown_linux_gnu=x86_64-linux-gnu-gcc \
    CC_aarch64_unknown_linux_gnu=aarch64-linux-gnu-gcc

COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/source/target,id=target-$TARGETARCH \
    cargo build --release --locked --bin ec2-autoscale --target "$(cat /target)"; \
    cp "target/$(cat /target)/release/ec2-autoscale" /ec2-autoscale

# The image has glibc, libgcc and CA certificates, and runs as user 65532, as cronjob.yaml sets it.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /ec2-autoscale /usr/local/bin/ec2-autoscale
COPY LICENSE /usr/share/doc/ec2-autoscale/LICENSE
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/ec2-autoscale"]
CMD ["--help"]
