// javac Verify.java && java Verify <scheme> <signature header> <secret> <now> ['Name: value' …] < body

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

public final class Verify {
  private static final long TOLERANCE_S = 300;

  /** {@code body} is the bytes as they came. */
  static boolean standardWebhooks(Map<String, String> headers, byte[] body, String secret, long now)
      throws GeneralSecurityException {
    String id = headers.get("webhook-id");
    String timestamp = headers.get("webhook-timestamp");
    String signatures = headers.get("webhook-signature");
    if (id == null || signatures == null || !isFresh(timestamp, now)) return false;
    byte[] key = Base64.getDecoder().decode(secret.replaceFirst("^whsec_", ""));
    byte[] digest = sign(key, id + "." + timestamp + ".", body);
    String wanted = "v1," + Base64.getEncoder().encodeToString(digest);
    // During a rotation there are several, separated by spaces; one that fits is enough.
    return Arrays.stream(signatures.split(" ")).anyMatch(signature -> isEqual(signature, wanted));
  }

  static boolean hmacSha256(Map<String, String> headers, byte[] body, String secret, String header)
      throws GeneralSecurityException {
    String signature = headers.getOrDefault(header, "");
    return isEqual(signature, HexFormat.of().formatHex(sign(secret.getBytes(UTF_8), "", body)));
  }

  static boolean timestamped(
      Map<String, String> headers, byte[] body, String secret, String header, long now)
      throws GeneralSecurityException {
    String[] parts = headers.getOrDefault(header, "").split(",");
    String timestamp =
        Arrays.stream(parts)
            .filter(part -> part.startsWith("t="))
            .map(part -> part.substring(2))
            .findFirst()
            .orElse(null);
    if (!isFresh(timestamp, now)) return false;
    byte[] digest = sign(secret.getBytes(UTF_8), timestamp + ".", body);
    String wanted = "v1=" + HexFormat.of().formatHex(digest);
    return Arrays.stream(parts).anyMatch(part -> isEqual(part, wanted));
  }

  static byte[] sign(byte[] key, String prefix, byte[] body) throws GeneralSecurityException {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(key, "HmacSHA256"));
    mac.update(prefix.getBytes(UTF_8));
    return mac.doFinal(body);
  }

  static boolean isFresh(String timestamp, long now) {
    return timestamp != null
        && timestamp.matches("[0-9]{1,12}")
        && Math.abs(now - Long.parseLong(timestamp)) <= TOLERANCE_S;
  }

  /** MessageDigest.isEqual takes the same time wherever the two differ. */
  static boolean isEqual(String given, String wanted) {
    return MessageDigest.isEqual(given.getBytes(UTF_8), wanted.getBytes(UTF_8));
  }

  public static void main(String[] arguments) throws Exception {
    String header = arguments[1];
    String secret = arguments[2];
    boolean isGiven = arguments[3].matches("[0-9]+");
    long now = isGiven ? Long.parseLong(arguments[3]) : Instant.now().getEpochSecond();
    Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    for (String line : Arrays.asList(arguments).subList(4, arguments.length)) {
      String[] pair = line.split(": ", 2);
      headers.put(pair[0], pair[1]);
    }
    byte[] body = System.in.readAllBytes();
    boolean verified =
        switch (arguments[0]) {
          case "standard-webhooks" -> standardWebhooks(headers, body, secret, now);
          case "hmac-sha256" -> hmacSha256(headers, body, secret, header);
          default -> timestamped(headers, body, secret, header, now);
        };
    System.out.println(verified ? "ok" : "rejected");
  }
}
