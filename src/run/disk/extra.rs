//! Fields of newer versions.

/// Unknown fields of an object, which are written back unchanged.
pub type Extra = serde_json::Map<String, serde_json::Value>;
