//! What host and compiler say to each other: one message there, one back, each with a small header.
//!
//! | there | back |
//! |---|---|
//! | magic, 16 bytes | magic, 16 bytes |
//! | CPU time in seconds, memory in bytes, as `u64` | what follows, 1 byte |
//! | the engine's fingerprint, 32 bytes | its length, as `u64` |
//! | the component's length, as `u64`, and the component | compiled code, or a text |

use std::io::Read;

use bytes::{BufMut as _, Bytes, BytesMut};

use crate::types::Digest;

const QUESTION: &[u8; 16] = b"tollgate compile";
const ANSWER: &[u8; 16] = b"tollgate: code 1";
const ANSWER_HEAD: usize = 25;

/// What the host asks for, ahead of the component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) cpu_seconds: u64,
    pub(super) memory_bytes: u64,
    pub(super) fingerprint: Digest,
    pub(super) component_bytes: u64,
}

/// What the compiler says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// The compiled code.
    Code(Bytes),
    /// The component cannot be compiled: why.
    Refused(String),
    /// The component uses proposals that the host does not run: which.
    Proposals(String),
    /// The memory was not enough.
    OutOfMemory,
    /// The compiler cannot work: why.
    Failed(String),
}

impl Head {
    pub(super) fn to_bytes(&self) -> Bytes {
        let mut bytes = BytesMut::from(QUESTION.as_slice());
        bytes.put_u64_le(self.cpu_seconds);
        bytes.put_u64_le(self.memory_bytes);
        bytes.put_slice(self.fingerprint.as_bytes());
        bytes.put_u64_le(self.component_bytes);
        bytes.freeze()
    }

    /// Reads no byte beyond the header.
    pub(super) fn read(input: &mut impl Read) -> std::io::Result<Self> {
        let magic: [u8; 16] = take(input)?;
        if magic != *QUESTION {
            return Err(std::io::Error::other("this is no host that wants something compiled"));
        }
        Ok(Self {
            cpu_seconds: u64::from_le_bytes(take(input)?),
            memory_bytes: u64::from_le_bytes(take(input)?),
            fingerprint: Digest::new(take(input)?),
            component_bytes: u64::from_le_bytes(take(input)?),
        })
    }
}

fn take<const N: usize>(input: &mut impl Read) -> std::io::Result<[u8; N]> {
    let mut bytes = [0; N];
    input.read_exact(&mut bytes)?;
    Ok(bytes)
}

impl Answer {
    /// The header, and what follows it.
    pub(super) fn into_parts(self) -> (Bytes, Bytes) {
        let (kind, content) = match self {
            Self::Code(code) => (0, code),
            Self::Refused(why) => (1, why.into()),
            Self::OutOfMemory => (2, Bytes::new()),
            Self::Failed(why) => (3, why.into()),
            Self::Proposals(names) => (4, names.into()),
        };
        let mut head = BytesMut::from(ANSWER.as_slice());
        head.put_u8(kind);
        head.put_u64_le(content.len() as u64);
        (head.freeze(), content)
    }

    /// Reads a whole answer; `None` where it is none, or not whole, or has something behind it.
    pub(super) fn parse(answer: Vec<u8>) -> Option<Self> {
        let (head, content) = answer.split_at_checked(ANSWER_HEAD)?;
        let (kind, length) = head.strip_prefix(ANSWER)?.split_first()?;
        let length = u64::from_le_bytes(length.try_into().ok()?);
        if u64::try_from(content.len()).ok()? != length {
            return None;
        }
        let kind = *kind;
        let content = Bytes::from(answer).slice(ANSWER_HEAD..);
        let text = || String::from_utf8_lossy(&content).into_owned();
        match kind {
            0 => Some(Self::Code(content)),
            1 => Some(Self::Refused(text())),
            2 => Some(Self::OutOfMemory),
            3 => Some(Self::Failed(text())),
            4 => Some(Self::Proposals(text())),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(answer: Answer) -> Vec<u8> {
        let (head, content) = answer.into_parts();
        [head, content].concat()
    }

    #[test]
    fn what_is_said_is_what_is_heard() {
        let fingerprint = Digest::new([7; 32]);
        let head = Head { cpu_seconds: 60, memory_bytes: 1 << 31, fingerprint, component_bytes: 3 };
        let bytes = [head.to_bytes().as_ref(), b"abc"].concat();
        let mut input = bytes.as_slice();
        assert_eq!((Head::read(&mut input).unwrap(), input), (head, b"abc".as_slice()));
        for answer in [
            Answer::Code(Bytes::from_static(b"\x7fELF")),
            Answer::Refused("no".into()),
            Answer::OutOfMemory,
            Answer::Failed("oh".into()),
            Answer::Proposals("gc".into()),
        ] {
            assert_eq!(Answer::parse(whole(answer.clone())), Some(answer));
        }
    }

    #[test]
    fn what_is_no_whole_answer_is_none() {
        // R12
        let sound = whole(Answer::Code(Bytes::from_static(b"code")));
        for length in 0..sound.len() {
            assert_eq!(Answer::parse(sound[..length].to_vec()), None, "{length}");
        }
        assert_eq!(Answer::parse([sound.as_slice(), b"!"].concat()), None);
        let mut other = sound.clone();
        other[16] = 9;
        assert_eq!(Answer::parse(other), None);
        assert_eq!(Answer::parse(vec![b'x'; 64]), None);
    }
}
