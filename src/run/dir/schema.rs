//! The version of the run directory's formats.

/// The version of the run directory's formats that this program writes, and the newest one that it reads.
pub const SCHEMA: u32 = 1;
