use super::*;

type Expected = &'static [(&'static str, &'static str, &'static str)];

/// Streams with the events (name, data, id) that the standard reads out of them.
const SAMPLES: &[(&str, &[u8], Expected)] = &[
    ("nothing", b"", &[]),
    ("one event", b"data: a\n\n", &[("message", "a", "")]),
    ("no space behind the colon", b"data:a\n\n", &[("message", "a", "")]),
    ("only the first space goes", b"data:  a \n\n", &[("message", " a ", "")]),
    ("a tab is no space", b"data:\ta\n\n", &[("message", "\ta", "")]),
    ("carriage returns", b"data: a\r\rdata: b\r\r", &[("message", "a", ""), ("message", "b", "")]),
    ("both", b"data: a\r\n\r\ndata: b\r\n\r\n", &[("message", "a", ""), ("message", "b", "")]),
    ("a mixture", b"data: a\rdata: b\ndata: c\r\n\r\n", &[("message", "a\nb\nc", "")]),
    ("CR, LF CR LF", b"data: a\r\n\n", &[("message", "a", "")]),
    ("several lines", b"data: a\ndata\ndata: b\n\n", &[("message", "a\n\nb", "")]),
    ("data without a colon is an empty line", b"data\n\n", &[("message", "", "")]),
    ("two empty lines of data", b"data\ndata\n\n", &[("message", "\n", "")]),
    ("empty data with a colon", b"data:\n\ndata: x\n\n", &[("message", "", ""), ("message", "x", "")]),
    ("comments", b": hello\ndata: a\n:\n:b: c\n\n", &[("message", "a", "")]),
    ("a name", b"event: ping\ndata: a\n\ndata: b\n\n", &[("ping", "a", ""), ("message", "b", "")]),
    ("a name goes with its event", b"event: ping\n\ndata: b\n\n", &[("message", "b", "")]),
    ("the last name counts", b"event: a\nevent: b\ndata: x\n\n", &[("b", "x", "")]),
    ("an empty name is the usual one", b"event: a\nevent:\ndata: x\n\n", &[("message", "x", "")]),
    ("an id stays", b"id: 7\ndata: a\n\ndata: b\n\n", &[("message", "a", "7"), ("message", "b", "7")]),
    (
        "an empty id resets",
        b"id: 7\ndata: a\n\nid\ndata: b\n\n",
        &[("message", "a", "7"), ("message", "b", "")],
    ),
    (
        "an id with NUL is none",
        b"id: 1\ndata: a\n\nid: 2\x003\ndata: b\n\n",
        &[("message", "a", "1"), ("message", "b", "1")],
    ),
    ("an id without data stays, too", b"id: 7\n\ndata: a\n\n", &[("message", "a", "7")]),
    ("unknown fields", b"foo: bar\nDATA: no\ndata : no\n data: no\ndata: a\n\n", &[("message", "a", "")]),
    ("a colon in the value", b"data: {\"a\": \"b:c\"}\n\n", &[("message", "{\"a\": \"b:c\"}", "")]),
    ("a byte order mark", b"\xef\xbb\xbfdata: a\n\n", &[("message", "a", "")]),
    ("a second mark is text", b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\ndata: b\n\n", &[("message", "b", "")]),
    ("a later mark is text", b"data: a\n\xef\xbb\xbfdata: b\n\n", &[("message", "a", "")]),
    ("a mark and a comment", b"\xef\xbb\xbf:x\n\xef\xbb\xbfdata: b\n\ndata: a\n\n", &[("message", "a", "")]),
    ("letters of two to four bytes", "data: ä€😀\n\n".as_bytes(), &[("message", "ä€😀", "")]),
    (
        "bytes that are no UTF-8",
        b"data: a\xff\xe2\x82b\xf0\n\n",
        &[("message", "a\u{fffd}\u{fffd}b\u{fffd}", "")],
    ),
    ("NUL in data", b"data: a\x00b\n\n", &[("message", "a\0b", "")]),
    ("an event that the end cuts off", b"data: a\n\ndata: b\n", &[("message", "a", "")]),
    ("a line that the end cuts off", b"data: a\n\ndata: b", &[("message", "a", "")]),
    ("empty lines", b"\n\r\r\n\n\ndata: a\n\n\n\n", &[("message", "a", "")]),
    ("an event without data", b"event: a\nid: 1\n\n", &[]),
    ("retry changes nothing else", b"retry: 1000\ndata: a\n\nretry: x\n\n", &[("message", "a", "")]),
];

fn expected(events: Expected) -> Vec<OwnedEvent> {
    let owned = |text: &&str| (*text).to_owned();
    events
        .iter()
        .map(|(name, data, id)| OwnedEvent { name: owned(name), data: owned(data), id: owned(id) })
        .collect()
}

fn fed<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Vec<OwnedEvent> {
    let mut parser = Parser::new();
    chunks.into_iter().flat_map(|chunk| parser.feed(chunk).unwrap()).collect()
}

#[test]
fn whole_streams_are_read_as_the_standard_has_it() {
    for (name, stream, events) in SAMPLES {
        assert_eq!(fed([*stream]), expected(events), "{name}");
    }
}

#[test]
fn byte_by_byte_gives_the_same() {
    for (name, stream, events) in SAMPLES {
        assert_eq!(fed(stream.chunks(1)), expected(events), "{name}");
    }
}

#[test]
fn a_cut_at_any_two_offsets_gives_the_same() {
    for (name, stream, events) in SAMPLES {
        for first in 0..=stream.len() {
            for second in first..=stream.len() {
                let chunks = [&stream[..first], &stream[first..second], &stream[second..]];
                assert_eq!(fed(chunks), expected(events), "{name}, cut at {first} and {second}");
            }
        }
    }
}

#[test]
fn an_event_comes_as_soon_as_its_end_does() {
    let mut parser = Parser::new();
    assert_eq!(parser.feed(b"data: a\r").unwrap(), vec![]);
    assert_eq!(
        parser.feed(b"\r").unwrap().len(),
        1,
        "the second CR ends the event: no need to wait for a LF"
    );
    assert_eq!(parser.feed(b"\ndata: b\n").unwrap(), vec![]);
    assert_eq!(parser.feed(b"\n").unwrap().len(), 1);
}

#[test]
fn a_cut_event_shows_in_idleness() {
    for (stream, idle) in [
        (&b""[..], true),
        (b"data: a\n\n", true),
        (b"data: a\n", false),
        (b"data: a\n\nda", false),
        (b": x\n", true),
    ] {
        let mut parser = Parser::new();
        parser.feed(stream).unwrap();
        assert_eq!(parser.is_idle(), idle, "{stream:?}");
    }
}

#[test]
fn retry_takes_digits_only() {
    let mut parser = Parser::new();
    parser.feed(b"retry: 250\nretry: -1\nretry: 1 \nretry:\nretry: 99999999999999999999\n").unwrap();
    assert_eq!(parser.retry(), Some(250));
}

// R34
#[test]
fn a_line_beyond_the_bound_is_an_error_wherever_it_is_cut() {
    let stream = b": a comment counts, too\n";
    for size in 1..=stream.len() {
        let mut parser = Parser::with_bounds(10, 10);
        let error = stream.chunks(size).find_map(|chunk| parser.feed(chunk).err()).unwrap();
        assert_eq!(
            (error.kind, error.request_sent),
            (ErrorKind::MalformedResponse, true),
            "chunks of {size}"
        );
    }
    let mut parser = Parser::with_bounds(10, 10);
    assert_eq!(parser.feed(b"data: abcd\n\n").unwrap().len(), 1, "ten bytes are within ten");
}

// R34
#[test]
fn an_event_of_many_lines_is_bounded() {
    let mut parser = Parser::with_bounds(10, 10);
    let error = b"data: ab\n".repeat(5).chunks(7).find_map(|chunk| parser.feed(chunk).err()).unwrap();
    assert!(error.message.contains("10 bytes"), "{}", error.message);
}

// R34
#[test]
fn the_number_of_events_is_bounded() {
    let mut parser = Parser::with_bounds(100, 2);
    assert_eq!(parser.feed(b"data: a\n\ndata: b\n\n\n\n: c\n\n").unwrap().len(), 2);
    let error = parser.feed(b"data: c\n\n").unwrap_err();
    assert!(error.message.contains("more than 2 events"), "{}", error.message);
}

#[test]
fn an_error_of_the_reader_stops_the_feeding() {
    let mut parser = Parser::new();
    let mut seen = 0;
    let error = parser
        .feed_with(b"data: a\n\ndata: b\n\n", |_| {
            seen += 1;
            Err(Error::new(ErrorKind::Server, "stop"))
        })
        .unwrap_err();
    assert_eq!((error.message.as_str(), seen), ("stop", 1));
}
