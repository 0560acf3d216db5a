//! S12: what is left in memory. Looked for through `/proc/self/mem`, where Linux shows a process to itself.
//!
//! What no test can show: registers, the kernel's own copies of what went through a pipe, and a machine that hibernates.
#![cfg(target_os = "linux")]

use std::os::unix::fs::FileExt as _;

use super::*;

/// What stands at an address of this process; nothing where no page is any more.
fn at(address: usize, length: usize) -> Vec<u8> {
    let memory = std::fs::File::open("/proc/self/mem").unwrap();
    let mut bytes = vec![0; length];
    let read = memory.read_at(&mut bytes, address as u64).unwrap_or_default();
    bytes.truncate(read);
    bytes
}

/// Whether something of a value is still there: whoever gets the room next writes over it, but not with this.
fn holds(bytes: &[u8], value: &[u8]) -> bool {
    value.windows(16).any(|piece| bytes.windows(16).any(|window| window == piece))
}

#[test]
fn a_secret_is_wiped_when_its_last_owner_lets_go() {
    // S12
    let value: Vec<u8> = (0..128).map(|_| uuid::Uuid::new_v4().as_bytes()[0]).map(|byte| byte | 1).collect();
    let secret = Secret::new(value.clone()).unwrap();
    let address = secret.expose().as_ptr().addr();
    let clone = secret.clone();
    drop(secret);
    assert!(holds(&at(address, 128), &value), "this test sees what is there");
    drop(clone);
    assert!(!holds(&at(address, 128), &value));
}

#[test]
fn an_encryption_key_is_wiped_and_so_is_its_text() {
    // S12
    let key = EncryptionKey::generate();
    let text = key.encode();
    let (sealing, copy) = (key.sealing().as_ptr().addr(), key.sealing().to_vec());
    let (written, spelt) = (text.as_ptr().addr(), text.as_bytes().to_vec());
    assert!(
        holds(&at(sealing, 32), &copy) && holds(&at(written, 44), &spelt),
        "this test sees what is there"
    );
    drop((key, text));
    assert!(!holds(&at(sealing, 32), &copy) && !holds(&at(written, 44), &spelt));
}

#[tokio::test]
async fn the_encryption_key_stays_out_of_swap_where_the_system_allows_it() {
    // S12
    let locked = || {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmLck:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap()
    };
    let key = EncryptionKey::generate();
    let allowed = region::lock([0_u8; 64].as_ptr(), 64).is_ok();
    assert!(locked() > 0 || !allowed, "the system allows it, and the key's page is not locked");
    drop(key);
}
