// cargo run -- <scheme> <signature header> <secret> <now> ['Name: value' …] < body
use base64::{engine::general_purpose::STANDARD, Engine};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::collections::HashMap;
use std::io::Read;
use std::time::{SystemTime, UNIX_EPOCH};

const TOLERANCE_S: u64 = 300;

/// Names in lower case, as most servers give them.
type Headers = HashMap<String, String>;

fn standard_webhooks(headers: &Headers, body: &[u8], secret: &str, now: u64) -> Option<()> {
    let id = headers.get("webhook-id")?;
    let timestamp = headers.get("webhook-timestamp")?;
    let signatures = headers.get("webhook-signature")?;
    fresh(timestamp, now)?;
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap_or(secret)).ok()?;
    // During a rotation there are several, separated by spaces; one that fits is enough.
    signatures.split(' ').find_map(|signature| {
        let given = STANDARD.decode(signature.strip_prefix("v1,")?).ok()?;
        let prefix = format!("{id}.{timestamp}.");
        mac(&key, &prefix, body).verify_slice(&given).ok()
    })
}

fn hmac_sha256(headers: &Headers, body: &[u8], secret: &str, header: &str) -> Option<()> {
    let given = bytes_of_hex(headers.get(header)?)?;
    mac(secret.as_bytes(), "", body).verify_slice(&given).ok()
}

fn timestamped(headers: &Headers, body: &[u8], secret: &str, header: &str, now: u64) -> Option<()> {
    let parts: Vec<_> = headers.get(header)?.split(',').filter_map(|part| part.split_once('=')).collect();
    let (_, timestamp) = parts.iter().find(|(name, _)| *name == "t")?;
    fresh(timestamp, now)?;
    parts.iter().filter(|(name, _)| *name == "v1").find_map(|(_, signature)| {
        let given = bytes_of_hex(signature)?;
        mac(secret.as_bytes(), &format!("{timestamp}."), body).verify_slice(&given).ok()
    })
}

/// `verify_slice` of this compares in constant time.
fn mac(key: &[u8], prefix: &str, body: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(prefix.as_bytes());
    mac.update(body);
    mac
}

fn fresh(timestamp: &str, now: u64) -> Option<()> {
    let digits = timestamp.len() <= 12 && timestamp.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = timestamp.parse::<u64>().ok().filter(|_| digits)?;
    (now.abs_diff(seconds) <= TOLERANCE_S).then_some(())
}

fn bytes_of_hex(text: &str) -> Option<Vec<u8>> {
    if text.len() % 2 != 0 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}

fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [scheme, header, secret, now, lines @ ..] = arguments.as_slice() else {
        eprintln!("wanted: <scheme> <signature header> <secret> <now> ['Name: value' …] < body");
        std::process::exit(2);
    };
    let clock = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let now = now.parse().unwrap_or(clock);
    let header = header.to_lowercase();
    let headers: Headers = lines
        .iter()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_string()))
        .collect();
    let mut body = Vec::new();
    std::io::stdin().read_to_end(&mut body)?;
    let verified = match scheme.as_str() {
        "standard-webhooks" => standard_webhooks(&headers, &body, secret, now),
        "hmac-sha256" => hmac_sha256(&headers, &body, secret, &header),
        "timestamped" => timestamped(&headers, &body, secret, &header, now),
        _ => None,
    };
    println!("{}", if verified.is_some() { "ok" } else { "rejected" });
    Ok(())
}
