//! Status lists: bits, base64url, zlib.
#![no_main]

use credential::status::StatusList;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((bits, rest)) = bytes.split_first() else { return };
    let Ok(lst) = std::str::from_utf8(rest) else { return };
    if let Ok(list) = StatusList::decode(u64::from(*bits), lst) {
        let entries = list.entries();
        assert!(list.at(entries).is_none() && list.at(entries - 1).is_some());
    }
});
