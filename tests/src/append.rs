//! Appends to a component what would be tedious to write as text: thousands of instances.
//!
//! A component is a header and sections; what is appended at its end is part of it. The bytes are written by hand, as
//! the component model's binary format says.

/// An empty core module.
const MODULE: &[u8] = b"\0asm\x01\0\0\0";
/// What a component begins with.
const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

const CORE_MODULE: u8 = 1;
const CORE_INSTANCES: u8 = 2;
const COMPONENT_SECTION: u8 = 4;
const INSTANCES: u8 = 5;

/// The component with so many more core instances, of a module that has nothing in it.
pub fn core_instances(component: &[u8], count: u32) -> Vec<u8> {
    let module = sections(component, CORE_MODULE);
    let mut bytes = component.to_vec();
    section(&mut bytes, CORE_MODULE, MODULE);
    section(&mut bytes, CORE_INSTANCES, &instantiations(module, count));
    bytes
}

/// The component with so many more instances of a component that has so many core instances.
pub fn nested_instances(component: &[u8], count: u32, each: u32) -> Vec<u8> {
    let nested = sections(component, COMPONENT_SECTION);
    let mut bytes = component.to_vec();
    section(&mut bytes, COMPONENT_SECTION, &core_instances(COMPONENT, each));
    section(&mut bytes, INSTANCES, &instantiations(nested, count));
    bytes
}

/// So many times: instantiate number `what`, with no arguments.
fn instantiations(what: u32, count: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    number(&mut bytes, count);
    for _ in 0..count {
        bytes.push(0);
        number(&mut bytes, what);
        number(&mut bytes, 0);
    }
    bytes
}

fn section(bytes: &mut Vec<u8>, id: u8, content: &[u8]) {
    bytes.push(id);
    number(bytes, u32::try_from(content.len()).expect("a small section"));
    bytes.extend_from_slice(content);
}

/// How many sections of that kind the outermost component has.
fn sections(component: &[u8], kind: u8) -> u32 {
    let (mut rest, mut found) = (&component[COMPONENT.len()..], 0);
    while let [id, after @ ..] = rest {
        let (length, content) = read_number(after);
        found += u32::from(*id == kind);
        rest = &content[length..];
    }
    found
}

/// LEB128.
fn number(bytes: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

fn read_number(bytes: &[u8]) -> (usize, &[u8]) {
    let (mut value, mut shift) = (0, 0);
    for (index, byte) in bytes.iter().enumerate() {
        value |= usize::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            return (value, &bytes[index + 1..]);
        }
    }
    panic!("half a number")
}
