<?php
// php verify.php <scheme> <signature header> <secret> <now> ['Name: value' …] < body
declare(strict_types=1);

const TOLERANCE_S = 300;

/** Headers with names in lower case; the body is the bytes as they came (php://input). */
function standard_webhooks(array $headers, string $body, string $secret, int $now): bool
{
    $id = $headers['webhook-id'] ?? '';
    $timestamp = $headers['webhook-timestamp'] ?? '';
    $signatures = $headers['webhook-signature'] ?? '';
    if ($id === '' || !is_fresh($timestamp, $now)) {
        return false;
    }
    $key = base64_decode(preg_replace('/^whsec_/', '', $secret), true);
    if ($key === false) {
        return false;
    }
    $digest = hash_hmac('sha256', "{$id}.{$timestamp}.{$body}", $key, true);
    // During a rotation there are several, separated by spaces; one that fits is enough.
    return any_equal(explode(' ', $signatures), 'v1,' . base64_encode($digest));
}

function hmac_sha256(array $headers, string $body, string $secret, string $header): bool
{
    return any_equal([$headers[$header] ?? ''], hash_hmac('sha256', $body, $secret));
}

function timestamped(array $headers, string $body, string $secret, string $header, int $now): bool
{
    $parts = explode(',', $headers[$header] ?? '');
    $timestamp = '';
    foreach ($parts as $part) {
        if (strncmp($part, 't=', 2) === 0) {
            $timestamp = substr($part, 2);
            break;
        }
    }
    if (!is_fresh($timestamp, $now)) {
        return false;
    }
    return any_equal($parts, 'v1=' . hash_hmac('sha256', "{$timestamp}.{$body}", $secret));
}

function is_fresh(string $timestamp, int $now): bool
{
    return preg_match('/\A[0-9]{1,12}\z/', $timestamp) === 1
        && abs($now - (int) $timestamp) <= TOLERANCE_S;
}

/** hash_equals takes the same time wherever the two differ. */
function any_equal(array $given, string $wanted): bool
{
    foreach ($given as $one) {
        if (hash_equals($wanted, $one)) {
            return true;
        }
    }
    return false;
}

[, $scheme, $header, $secret, $at] = $argv;
$now = ctype_digit($at) ? (int) $at : time();
$headers = [];
foreach (array_slice($argv, 5) as $line) {
    [$name, $value] = explode(': ', $line, 2);
    $headers[strtolower($name)] = $value;
}
$body = (string) file_get_contents('php://stdin');
$header = strtolower($header);
$verified = match ($scheme) {
    'standard-webhooks' => standard_webhooks($headers, $body, $secret, $now),
    'hmac-sha256' => hmac_sha256($headers, $body, $secret, $header),
    'timestamped' => timestamped($headers, $body, $secret, $header, $now),
};
echo $verified ? "ok\n" : "rejected\n";
