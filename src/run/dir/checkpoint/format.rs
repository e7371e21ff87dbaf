//! Encoding and decoding of checkpoints.

use std::collections::{HashMap, HashSet};

use safetensors::tensor::{Metadata, TensorInfo};
use safetensors::{Dtype, SafeTensors};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::contents::{Checkpoint, NamedTensor};
use super::error::{CheckpointError, FORMAT, METADATA_KEY};
use super::train_state::TrainState;
use crate::run::disk::sanitized;
use crate::strings::hex;

/// Name prefix of the optimizer's tensors.
const OPTIMIZER_PREFIX: &str = "optimizer.";

/// The metadata under [`METADATA_KEY`].
#[derive(Serialize)]
struct Header<'a> {
    format: u32,
    /// SHA-256 of everything after the header.
    data_sha256: String,
    #[serde(flatten)]
    progress: &'a TrainState,
}

/// The part of the metadata that is checked on reading.
#[derive(Deserialize)]
struct Written {
    #[serde(default)]
    data_sha256: Option<String>,
}

/// The values of the tensors as bytes, concatenated.
fn data(tensors: &[(String, &NamedTensor)]) -> Vec<u8> {
    let values = tensors.iter().flat_map(|(_, tensor)| &tensor.values);
    values.flat_map(|value| value.to_le_bytes()).collect()
}

/// A safetensors file with one entry of metadata, and tensors under these names, whose values are `data`.
fn safetensors_file(
    (key, entry): (&str, String),
    tensors: Vec<(String, &NamedTensor)>,
    data: &[u8],
) -> Result<Vec<u8>, CheckpointError> {
    let mut names = HashSet::new();
    let mut infos = Vec::new();
    let mut end = 0;
    for (name, tensor) in tensors {
        let begin = end;
        end += size_of_val(tensor.values.as_slice());
        if !names.insert(name.clone()) {
            return Err(CheckpointError::Name { tensor: name });
        }
        let info = TensorInfo { dtype: Dtype::F32, shape: tensor.shape.clone(), data_offsets: (begin, end) };
        infos.push((name, info));
    }
    let metadata = Metadata::new(Some(HashMap::from([(key.to_owned(), entry)])), infos)?;
    let mut header = serde_json::to_string(&metadata)?.into_bytes();
    header.resize(header.len().next_multiple_of(8), b' ');

    let mut bytes = Vec::with_capacity(8 + header.len() + data.len());
    bytes.extend_from_slice(&(header.len() as u64).to_le_bytes());
    bytes.append(&mut header);
    bytes.extend_from_slice(data);
    Ok(bytes)
}

impl Checkpoint {
    /// The bytes of the checkpoint's file.
    pub fn encode(&self) -> Result<Vec<u8>, CheckpointError> {
        let tensors: Vec<_> = self.tensors().collect();
        if let Some(tensor) = self.weights.iter().map(|weight| &weight.name).find(|name| is_reserved(name)) {
            return Err(CheckpointError::Name { tensor: tensor.clone() });
        }
        let data = data(&tensors);
        let data_sha256 = hex(&Sha256::digest(&data));
        let header =
            serde_json::to_string(&Header { format: FORMAT, data_sha256, progress: &self.progress })?;
        safetensors_file((METADATA_KEY, header), tensors, &data)
    }

    /// The bytes of a safetensors file of the weights alone, for PyTorch: `model.load_state_dict` takes what
    /// `safetensors.torch.load_file` reads from it, with no missing and no unexpected keys. The same weights always have
    /// the same bytes.
    pub fn encode_weights(&self) -> Result<Vec<u8>, CheckpointError> {
        let tensors: Vec<_> = self.weights.iter().map(|tensor| (tensor.name.clone(), tensor)).collect();
        let data = data(&tensors);
        // Libraries on top of PyTorch check this key to know the tensors' layout.
        safetensors_file(("format", "pt".to_owned()), tensors, &data)
    }

    /// Decodes a checkpoint from untrusted bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, CheckpointError> {
        let (header_len, metadata) = SafeTensors::read_metadata(bytes)?;
        let header = metadata.metadata().as_ref().and_then(|all| all.get(METADATA_KEY));
        let header = header.ok_or(CheckpointError::NoProgress)?;
        let progress = parse_header(header)?;
        let data = bytes.get(8 + header_len..).unwrap_or_default();
        // The first versions wrote no hash.
        if let Some(written) = serde_json::from_str::<Written>(header)?.data_sha256
            && written != hex(&Sha256::digest(data))
        {
            return Err(CheckpointError::Altered);
        }
        let views = SafeTensors::deserialize(bytes)?;
        let mut checkpoint = Self { progress, weights: Vec::new(), optimizer: Vec::new() };
        for name in metadata.offset_keys() {
            let view = views.tensor(&name)?;
            if view.dtype() != Dtype::F32 {
                return Err(CheckpointError::Dtype {
                    tensor: sanitized(name),
                    dtype: view.dtype().to_string(),
                });
            }
            let (values, _) = view.data().as_chunks::<4>();
            let values = values.iter().map(|value| f32::from_le_bytes(*value)).collect();
            let (list, name) = match name.strip_prefix(OPTIMIZER_PREFIX) {
                Some(name) => (&mut checkpoint.optimizer, name.to_owned()),
                None => (&mut checkpoint.weights, name),
            };
            list.push(NamedTensor { name: sanitized(name), shape: view.shape().to_vec(), values });
        }
        Ok(checkpoint)
    }

    /// The tensors under their names in the file.
    fn tensors(&self) -> impl Iterator<Item = (String, &NamedTensor)> {
        let weights = self.weights.iter().map(|tensor| (tensor.name.clone(), tensor));
        weights
            .chain(self.optimizer.iter().map(|tensor| (format!("{OPTIMIZER_PREFIX}{}", tensor.name), tensor)))
    }
}

/// Whether a weight cannot have this name in the file.
fn is_reserved(name: &str) -> bool {
    name == "__metadata__" || name.starts_with(OPTIMIZER_PREFIX)
}

/// The training state in the metadata.
fn parse_header(text: &str) -> Result<TrainState, CheckpointError> {
    #[derive(Deserialize)]
    struct Version {
        format: u32,
    }
    let Version { format: found } = serde_json::from_str(text)?;
    if found > FORMAT {
        return Err(CheckpointError::Newer { found });
    }
    Ok(serde_json::from_str(text)?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::run::dir::checkpoint::Changed;
    use crate::run::settings::Change;

    fn tensor(name: &str, shape: &[usize], values: &[f32]) -> NamedTensor {
        NamedTensor { name: name.to_owned(), shape: shape.to_vec(), values: values.to_vec() }
    }

    fn example() -> Checkpoint {
        Checkpoint {
            progress: TrainState {
                created: Some(1_795_501_812.25),
                step: 1407,
                epoch: 1,
                batch: 469,
                seed: u64::MAX,
                preset: "cnn".to_owned(),
                active_seconds: 0.1 + 0.2,
                best_test_accuracy: Some(0.8868),
                best_epoch: Some(1),
                loss_sum: 1.0 / 3.0,
                correct: 20_000,
                seen: 30_016,
                changed: Some(Changed {
                    step: 1400,
                    last: Change { learning_rate: Some(0.1 + 0.2), ..Change::default() },
                    all: Change { learning_rate: Some(0.1 + 0.2), epochs: Some(60), ..Change::default() },
                }),
            },
            weights: vec![
                tensor("conv1.weight", &[2, 1, 2], &[1.0, -0.0, f32::MIN_POSITIVE, 1e-42]),
                tensor("conv1.bias", &[2], &[f32::INFINITY, 0.1]),
            ],
            optimizer: vec![
                tensor("momentum.conv1.weight", &[2, 1, 2], &[0.0; 4]),
                tensor("count", &[], &[3.0]),
            ],
        }
    }

    /// Equality of bits, NaN included.
    fn assert_same(found: &Checkpoint, expected: &Checkpoint) {
        assert_eq!(found.encode().unwrap(), expected.encode().unwrap());
        assert_eq!(format!("{:?}", found.progress), format!("{:?}", expected.progress));
    }

    /// A file as another program would write it.
    fn foreign(dtype: Dtype, metadata: Option<(&str, &str)>) -> Vec<u8> {
        let view = safetensors::tensor::TensorView::new(dtype, vec![2], &[0; 16][..2 * dtype.bitsize() / 8])
            .unwrap();
        let metadata = metadata.map(|(key, value)| HashMap::from([(key.to_owned(), value.to_owned())]));
        safetensors::serialize([("a", view)], metadata).unwrap()
    }

    #[test]
    fn a_flipped_bit_is_detected() {
        let mut bytes = example().encode().unwrap();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        assert!(matches!(Checkpoint::decode(&bytes), Err(CheckpointError::Altered)));
    }

    #[test]
    fn checkpoints_round_trip_bit_for_bit() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("last.safetensors");
        example().write(&path).unwrap();
        let read = Checkpoint::read(&path).unwrap();
        assert_eq!(read, example());
        assert_same(&read, &example());
    }

    #[test]
    fn weights_can_be_encoded_alone() {
        let bytes = example().encode_weights().unwrap();
        let file = SafeTensors::deserialize(&bytes).unwrap();
        assert_eq!(file.names().len(), 2);
        assert_eq!(file.tensor("conv1.weight").unwrap().shape(), [2, 1, 2]);
        let bias: Vec<u8> = [f32::INFINITY, 0.1].iter().flat_map(|value| value.to_le_bytes()).collect();
        assert_eq!(file.tensor("conv1.bias").unwrap().data(), bias);
        let (_, metadata) = SafeTensors::read_metadata(&bytes).unwrap();
        let format = HashMap::from([("format".to_owned(), "pt".to_owned())]);
        assert_eq!(metadata.metadata(), &Some(format));
        assert!(matches!(Checkpoint::decode(&bytes), Err(CheckpointError::NoProgress)));
    }

    #[test]
    fn other_programs_can_read_it() {
        let bytes = example().encode().unwrap();
        let file = SafeTensors::deserialize(&bytes).unwrap();
        assert_eq!(file.tensor("conv1.weight").unwrap().shape(), [2, 1, 2]);
        assert_eq!(file.tensor("optimizer.momentum.conv1.weight").unwrap().data(), [0; 16]);
        let header_len = u64::from_le_bytes(bytes[..8].try_into().unwrap());
        assert_eq!(header_len % 8, 0, "the values are aligned");
    }

    #[test]
    fn a_diverged_loss_is_read_as_nan() {
        let mut diverged = example();
        diverged.progress.loss_sum = f64::INFINITY;
        diverged.weights[0].values[0] = f32::from_bits(0x7fc0_1234);
        let read = Checkpoint::decode(&diverged.encode().unwrap()).unwrap();
        assert!(read.progress.loss_sum.is_nan());
        assert_eq!(read.weights[0].values[0].to_bits(), 0x7fc0_1234);
    }

    #[test]
    fn hash_depends_on_names_shapes_and_bits_but_not_on_order() {
        let hash = example().weights_hash();
        assert_eq!(hash.len(), 64);
        let mut other = example();
        other.weights.reverse();
        other.progress.step += 1;
        other.optimizer.clear();
        assert_eq!(other.weights_hash(), hash);
        other.weights[0].values[1] = f32::from_bits(0.1_f32.to_bits() + 1);
        assert_ne!(other.weights_hash(), hash);
        let mut other = example();
        other.weights[0].shape = vec![2, 2, 1];
        assert_ne!(other.weights_hash(), hash);
        let mut other = example();
        other.weights[0].name.push('2');
        assert_ne!(other.weights_hash(), hash);
    }

    #[test]
    fn invalid_names_are_not_written() {
        let with = |extra: NamedTensor| {
            let mut checkpoint = example();
            checkpoint.weights.push(extra);
            checkpoint.encode()
        };
        for name in ["conv1.bias", "__metadata__", "optimizer.count"] {
            assert!(matches!(with(tensor(name, &[1], &[0.0])), Err(CheckpointError::Name { .. })), "{name}");
        }
        assert!(matches!(with(tensor("a", &[3], &[0.0])), Err(CheckpointError::Format(_))));
        assert!(matches!(with(tensor("a", &[usize::MAX, 2], &[])), Err(CheckpointError::Format(_))));
    }

    #[test]
    fn other_files_are_rejected_with_their_reason() {
        let reason = |bytes: &[u8]| Checkpoint::decode(bytes).unwrap_err().to_string();
        let good = |format: u32| format!("{{\"format\":{format}}}");
        assert!(reason(b"").contains("not a valid safetensors file"));
        assert!(reason(&foreign(Dtype::F32, None)).contains("no cnn_tui in the metadata"));
        assert!(reason(&foreign(Dtype::F32, Some((METADATA_KEY, "{}")))).contains("missing field `format`"));
        assert!(
            reason(&foreign(Dtype::F32, Some((METADATA_KEY, &good(2))))).contains("newer cnn-tui (format 2")
        );
        assert!(reason(&foreign(Dtype::F64, Some((METADATA_KEY, &good(1))))).contains("tensor a is F64"));
        assert!(Checkpoint::decode(&foreign(Dtype::F32, Some((METADATA_KEY, &good(1))))).is_ok());
    }

    #[test]
    fn text_from_a_file_cannot_control_the_terminal() {
        let header = "{\"a\\u001b[2J\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}";
        let bytes = [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &[0; 8]].concat();
        let message = Checkpoint::decode(&bytes).unwrap_err().to_string();
        assert!(message.ends_with("invalid offset for tensor `a[2J`"), "{message}");
    }

    #[test]
    fn truncated_files_are_rejected() {
        let bytes = example().encode().unwrap();
        for len in 0..bytes.len() {
            assert!(Checkpoint::decode(&bytes[..len]).is_err(), "the first {len} bytes");
        }
    }

    proptest! {
        #[test]
        fn any_checkpoint_round_trips(
            shapes in prop::collection::vec(prop::collection::vec(1_usize..4, 0..4), 0..5),
            bits in any::<u32>(),
            (step, epoch, batch, seed) in any::<(u64, u32, u64, u64)>(),
            (active_seconds, loss_sum) in any::<(f64, f64)>(),
            best_test_accuracy in any::<Option<f64>>(),
        ) {
            let tensors = |prefix: &str| -> Vec<NamedTensor> {
                let named = |(index, shape): (usize, &Vec<usize>)| NamedTensor {
                    name: format!("{prefix}{}", 9 - index),
                    shape: shape.clone(),
                    values: (0..).map(|i| f32::from_bits(bits.wrapping_mul(i))).take(shape.iter().product()).collect(),
                };
                shapes.iter().enumerate().map(named).collect()
            };
            let progress = TrainState {
                step, epoch, batch, seed, active_seconds, best_test_accuracy, loss_sum, ..TrainState::default()
            };
            let checkpoint = Checkpoint { progress, weights: tensors("w"), optimizer: tensors("slot.w") };
            assert_same(&Checkpoint::decode(&checkpoint.encode().unwrap()).unwrap(), &checkpoint);
        }

        #[test]
        fn no_damage_panics(position in any::<prop::sample::Index>(), byte in any::<u8>(), rest in any::<Vec<u8>>()) {
            let mut bytes = example().encode().unwrap();
            let at = position.index(bytes.len());
            bytes[at] = byte;
            let _ = Checkpoint::decode(&bytes);
            bytes.truncate(at);
            bytes.extend(&rest);
            let _ = Checkpoint::decode(&bytes);
            let _ = Checkpoint::decode(&rest);
        }

        #[test]
        fn no_header_panics(header in "[{}\\[\\]:,\"a-fA-F0-9_]{0,200}", data in any::<Vec<u8>>()) {
            let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
            bytes.extend(header.as_bytes());
            bytes.extend(&data);
            let _ = Checkpoint::decode(&bytes);
        }
    }
}
