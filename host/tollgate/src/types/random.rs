//! Bytes from the system's random source.

/// Bytes that nobody can guess: 488 random bits, in 64 bytes. Hash them where they have to look random, too.
pub(crate) fn unguessable() -> [u8; 64] {
    let mut bytes = [0; 64];
    for piece in bytes.chunks_exact_mut(16) {
        piece.copy_from_slice(uuid::Uuid::new_v4().as_bytes());
    }
    bytes
}
