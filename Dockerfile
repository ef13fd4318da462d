ARG BASE=debian:trixie-slim
FROM ${BASE}
