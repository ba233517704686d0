// dotnet run -- <scheme> <signature header> <secret> <now> ['Name: value' …] < body
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

var (scheme, header, secret) = (args[0], args[1], args[2]);
var now = long.TryParse(args[3], out var given) ? given : DateTimeOffset.UtcNow.ToUnixTimeSeconds();
var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
foreach (var line in args.Skip(4))
{
    var pair = line.Split(": ", 2);
    headers[pair[0]] = pair[1];
}
using var bytes = new MemoryStream();
Console.OpenStandardInput().CopyTo(bytes);
var body = bytes.ToArray();
var verified = scheme switch
{
    "standard-webhooks" => Webhook.StandardWebhooks(headers, body, secret, now),
    "hmac-sha256" => Webhook.HmacSha256(headers, body, secret, header),
    "timestamped" => Webhook.Timestamped(headers, body, secret, header, now),
    _ => false,
};
Console.WriteLine(verified ? "ok" : "rejected");

static class Webhook
{
    const long ToleranceS = 300;

    /// <summary>The body is the bytes as they came.</summary>
    public static bool StandardWebhooks(IReadOnlyDictionary<string, string> headers, byte[] body, string secret, long now)
    {
        var id = headers.GetValueOrDefault("webhook-id");
        var timestamp = headers.GetValueOrDefault("webhook-timestamp", "");
        var signatures = headers.GetValueOrDefault("webhook-signature");
        if (id is null || signatures is null || !IsFresh(timestamp, now)) return false;
        var text = secret.StartsWith("whsec_", StringComparison.Ordinal) ? secret["whsec_".Length..] : secret;
        var digest = Sign(Convert.FromBase64String(text), $"{id}.{timestamp}.", body);
        var wanted = "v1," + Convert.ToBase64String(digest);
        // During a rotation there are several, separated by spaces; one that fits is enough.
        return signatures.Split(' ').Any(signature => IsEqual(signature, wanted));
    }

    public static bool HmacSha256(IReadOnlyDictionary<string, string> headers, byte[] body, string secret, string header)
    {
        var digest = Sign(Encoding.UTF8.GetBytes(secret), "", body);
        return IsEqual(headers.GetValueOrDefault(header, ""), Convert.ToHexString(digest).ToLowerInvariant());
    }

    public static bool Timestamped(IReadOnlyDictionary<string, string> headers, byte[] body, string secret, string header, long now)
    {
        var parts = headers.GetValueOrDefault(header, "").Split(',');
        var timestamp = parts.FirstOrDefault(part => part.StartsWith("t=", StringComparison.Ordinal))?[2..] ?? "";
        if (!IsFresh(timestamp, now)) return false;
        var digest = Sign(Encoding.UTF8.GetBytes(secret), $"{timestamp}.", body);
        var wanted = "v1=" + Convert.ToHexString(digest).ToLowerInvariant();
        return parts.Any(part => IsEqual(part, wanted));
    }

    static byte[] Sign(byte[] key, string prefix, byte[] body) =>
        HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(prefix).Concat(body).ToArray());

    static bool IsFresh(string timestamp, long now) =>
        Regex.IsMatch(timestamp, @"\A[0-9]{1,12}\z") && Math.Abs(now - long.Parse(timestamp)) <= ToleranceS;

    /// <summary>FixedTimeEquals takes the same time wherever the two differ.</summary>
    static bool IsEqual(string given, string wanted) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(wanted));
}
