//! Listening, layers around every request, health and metrics.

pub mod health;
pub mod layers;
pub mod listener;
pub mod metrics;
