//! What a newer version wrote is kept.

/// Fields of an object that this version does not know. They are written back as they were read.
pub type Extra = serde_json::Map<String, serde_json::Value>;
