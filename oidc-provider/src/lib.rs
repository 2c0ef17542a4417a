//! oidc-provider
