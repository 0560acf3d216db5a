//! Ctrl-C.
#![cfg(unix)]

use std::io::Read;
use std::process::{Command, Stdio};

use crate::kit::{Home, Ran};
use crate::vendor::Vendor;

/// What Ctrl-C does.
fn interrupt(pid: u32) {
    let sent = Command::new("kill").args(["-INT", &pid.to_string()]).status().unwrap();
    assert!(sent.success());
}

#[test]
fn ctrl_c_closes_the_vendors_connection_and_keeps_what_arrived() {
    let vendor = Vendor::open();
    let mut run = vendor.start(&["prompt", "-m", "gpt-4o", "hi"]);
    let mut upstream = vendor.begin();
    upstream.say("Hel");
    let mut first = [0; 3];
    run.stdout.read_exact(&mut first).unwrap();
    interrupt(run.pid);
    let ran = run.ran();
    assert_eq!(&first, b"Hel");
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (Some(130), "", ""), "{ran:?}");
    assert!(upstream.is_closed());
}

#[test]
fn ctrl_c_is_an_error_object_for_programs() {
    let vendor = Vendor::open();
    let run = vendor.start(&["prompt", "--json", "-m", "gpt-4o", "hi"]);
    let _upstream = vendor.begin();
    interrupt(run.pid);
    let ran = run.ran();
    assert_eq!((ran.code, ran.error()["kind"].as_str()), (Some(130), Some("cancelled")), "{ran:?}");
}

#[test]
fn ctrl_c_ends_also_a_command_that_waits_for_its_prompt() {
    let home = Home::new();
    let mut command = home.command(&["prompt", "-v", "-v", "-m", "echo"]);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let _open = child.stdin.take().unwrap();
    // it listens for Ctrl-C before it reads: what it logs then says that it has begun
    let mut first = [0; 1];
    child.stderr.as_mut().unwrap().read_exact(&mut first).unwrap();
    interrupt(child.id());
    let ran: Ran = child.wait_with_output().unwrap().into();
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(130), ""), "{ran:?}");
}
