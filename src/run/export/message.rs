//! Protocol buffers, and TensorFlow's framing of records (`TFRecord`).

use crc::{CRC_32_ISCSI, Crc};

/// CRC-32C, the checksum of the framing.
const CRC32C: Crc<u32> = Crc::<u32>::new(&CRC_32_ISCSI);

/// A protocol buffers message under construction. Fields with their default value are left out, as in proto3, except
/// scalars of a `oneof`.
#[derive(Default)]
pub(super) struct Message(pub(super) Vec<u8>);

impl Message {
    fn key(&mut self, field: u64, wire_type: u64) {
        self.number((field << 3) | wire_type);
    }

    /// A varint: seven bits per byte, lowest first; the eighth bit marks that more bytes follow.
    fn number(&mut self, mut value: u64) {
        while value > 0x7f {
            self.0.push(value.to_le_bytes()[0] | 0x80);
            value >>= 7;
        }
        self.0.push(value.to_le_bytes()[0]);
    }

    pub(super) fn varint(&mut self, field: u64, value: u64) -> &mut Self {
        if value != 0 {
            self.key(field, 0);
            self.number(value);
        }
        self
    }

    pub(super) fn double(&mut self, field: u64, value: f64) -> &mut Self {
        if value.to_bits() == 0 { self } else { self.double_of_oneof(field, value) }
    }

    /// A double of a `oneof`, which is written even if it is 0.
    pub(super) fn double_of_oneof(&mut self, field: u64, value: f64) -> &mut Self {
        self.key(field, 1);
        self.0.extend(value.to_le_bytes());
        self
    }

    pub(super) fn bytes(&mut self, field: u64, value: &[u8]) -> &mut Self {
        self.key(field, 2);
        self.number(value.len() as u64);
        self.0.extend(value);
        self
    }

    pub(super) fn text(&mut self, field: u64, value: &str) -> &mut Self {
        self.bytes(field, value.as_bytes())
    }

    pub(super) fn message(&mut self, field: u64, value: &Message) -> &mut Self {
        self.bytes(field, &value.0)
    }

    pub(super) fn float(&mut self, field: u64, value: f32) -> &mut Self {
        self.key(field, 5);
        self.0.extend(value.to_le_bytes());
        self
    }
}

/// Appends a record: its length and its bytes, each with a checksum.
pub(super) fn frame(file: &mut Vec<u8>, manifest: &[u8]) {
    let length = (manifest.len() as u64).to_le_bytes();
    file.extend(length);
    file.extend(checksum(&length));
    file.extend(manifest);
    file.extend(checksum(manifest));
}

/// A masked CRC-32C, as used by the framing, so that checksums can be part of checksummed data.
fn checksum(bytes: &[u8]) -> [u8; 4] {
    CRC32C.checksum(bytes).rotate_right(15).wrapping_add(0xa282_ead8).to_le_bytes()
}
