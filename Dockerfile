# An image with the service as one static program, and its configuration.
#
# Both base images can be replaced: docker build --build-arg RUST_IMAGE=… --build-arg RUNTIME_IMAGE=…
ARG RUST_IMAGE=rust:1.95-bookworm
ARG RUNTIME_IMAGE=scratch

# The manifests of all crates with empty sources. They change seldom, so Docker reuses the layer of built dependencies.
FROM ${RUST_IMAGE} AS manifests
WORKDIR /source
COPY Cargo.toml Cargo.lock ./
COPY crates crates
RUN find crates -type f ! -name Cargo.toml -delete \
    && for crate in crates/models-*/ crates/tools/*/; do \
        mkdir -p "$crate/src" "$crate/benches" && echo > "$crate/src/lib.rs" \
            && echo 'fn main() {}' > "$crate/src/main.rs" && echo 'fn main() {}' > "$crate/benches/reads.rs"; \
    done

FROM ${RUST_IMAGE} AS build
# The target is named, so that cargo builds procedural macros for the building machine.
ARG TARGET=x86_64-unknown-linux-gnu
# The program is static and has no symbols.
ENV RUSTFLAGS="-C target-feature=+crt-static" CARGO_PROFILE_DIST_STRIP=symbols
WORKDIR /source
COPY --from=manifests /source /source
RUN cargo build --profile dist --locked --package models-api --target "$TARGET"
COPY . .
# The sources must be newer than the empty ones, independent of the context's clock.
RUN find crates -name '*.rs' -exec touch {} + \
    && cargo build --profile dist --locked --package models-api --target "$TARGET" \
    && mkdir -p /image/data /image/tmp \
    && cp "target/$TARGET/dist/models-api" /image/models-api \
    && cp -r config /image/config

FROM ${RUNTIME_IMAGE}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="models" \
      org.opencontainers.image.description="The OpenAI Models API, self-hosted" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# A user without a name. The SQLite file is in data/ of the working directory.
COPY --from=build --chown=65532:65532 /image /
USER 65532:65532
WORKDIR /
# SQLite writes large temporary tables to files, and only the volume is sure to be writable.
ENV SQLITE_TMPDIR=/data
ENV MODELS__SERVER__HOST=0.0.0.0 \
    MODELS__OPERATIONS__HOST=0.0.0.0 \
    MODELS__LOG__FORMAT=json
EXPOSE 8080 8081
VOLUME ["/data"]
HEALTHCHECK --interval=5s --timeout=4s --start-period=30s --retries=3 CMD ["/models-api", "healthcheck"]
ENTRYPOINT ["/models-api"]
CMD ["serve"]
