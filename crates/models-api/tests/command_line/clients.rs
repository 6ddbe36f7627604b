//! Clients of the running service: the official SDKs, the client of the JDK, and the gateway.

mod gateway;
mod jdk;
mod sdks;
