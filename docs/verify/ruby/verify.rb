# ruby verify.rb <scheme> <signature header> <secret> <now> ['Name: value' ...] < body
require 'openssl'

TOLERANCE_S = 300

# Headers with names in lower case; the body is the bytes as they came.
def standard_webhooks(headers, body, secret, now)
  id, timestamp, signatures = headers.values_at('webhook-id', 'webhook-timestamp', 'webhook-signature')
  return false unless id && signatures && fresh?(timestamp, now)

  key = secret.delete_prefix('whsec_').unpack1('m')
  wanted = "v1,#{[sign(key, "#{id}.#{timestamp}.", body)].pack('m0')}"
  # During a rotation there are several, separated by spaces; one that fits is enough.
  signatures.split(' ').any? { |signature| OpenSSL.secure_compare(signature, wanted) }
end

def hmac_sha256(headers, body, secret, header)
  wanted = sign(secret, '', body).unpack1('H*')
  OpenSSL.secure_compare(headers.fetch(header, ''), wanted)
end

def timestamped(headers, body, secret, header, now)
  parts = headers.fetch(header, '').split(',')
  timestamp = parts.find { |part| part.start_with?('t=') }&.delete_prefix('t=')
  return false unless fresh?(timestamp, now)

  wanted = "v1=#{sign(secret, "#{timestamp}.", body).unpack1('H*')}"
  parts.any? { |part| OpenSSL.secure_compare(part, wanted) }
end

def sign(key, prefix, body)
  OpenSSL::HMAC.digest('SHA256', key, prefix.b + body)
end

def fresh?(timestamp, now)
  timestamp.to_s.match?(/\A[0-9]{1,12}\z/) && (now - timestamp.to_i).abs <= TOLERANCE_S
end

scheme, header, secret, at, *lines = ARGV
now = at.match?(/\A[0-9]+\z/) ? at.to_i : Time.now.to_i
headers = lines.to_h { |line| line.split(': ', 2) }.transform_keys(&:downcase)
body = $stdin.binmode.read
verified =
  case scheme
  when 'standard-webhooks' then standard_webhooks(headers, body, secret, now)
  when 'hmac-sha256' then hmac_sha256(headers, body, secret, header.downcase)
  when 'timestamped' then timestamped(headers, body, secret, header.downcase, now)
  end
puts verified ? 'ok' : 'rejected'
