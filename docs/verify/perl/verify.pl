# perl verify.pl <scheme> <signature header> <secret> <now> ['Name: value' ...] < body
use strict;
use warnings;
use Digest::SHA qw(hmac_sha256 hmac_sha256_hex sha256);
use MIME::Base64 qw(decode_base64 encode_base64);

my $TOLERANCE_S = 300;

# Headers with names in lower case; the body is the bytes as they came.
sub standard_webhooks {
    my ($headers, $body, $secret, $now) = @_;
    my ($id, $timestamp, $signatures) =
        @{$headers}{qw(webhook-id webhook-timestamp webhook-signature)};
    return 0 unless defined $id && defined $signatures && is_fresh($timestamp, $now);
    my $key = decode_base64($secret =~ s/^whsec_//r);
    my $wanted = 'v1,' . encode_base64(hmac_sha256("$id.$timestamp.$body", $key), '');
    # During a rotation there are several, separated by spaces; one that fits is enough.
    return scalar grep { is_equal($_, $wanted) } split / /, $signatures;
}

sub hmac_hex {
    my ($headers, $body, $secret, $header) = @_;
    return is_equal($headers->{$header} // '', hmac_sha256_hex($body, $secret));
}

sub timestamped {
    my ($headers, $body, $secret, $header, $now) = @_;
    my @parts = split /,/, $headers->{$header} // '';
    my ($timestamp) = map { /^t=(.*)$/ ? $1 : () } @parts;
    return 0 unless is_fresh($timestamp, $now);
    my $wanted = 'v1=' . hmac_sha256_hex("$timestamp.$body", $secret);
    return scalar grep { is_equal($_, $wanted) } @parts;
}

sub is_fresh {
    my ($timestamp, $now) = @_;
    return ($timestamp // '') =~ /\A[0-9]{1,12}\z/ && abs($now - $timestamp) <= $TOLERANCE_S;
}

# Compares digests of both, so that the time says nothing about the wanted signature.
sub is_equal {
    my ($given, $wanted) = map { sha256($_) } @_;
    my $difference = 0;
    $difference |= ord(substr $given, $_, 1) ^ ord(substr $wanted, $_, 1) for 0 .. 31;
    return $difference == 0;
}

my ($scheme, $header, $secret, $at, @lines) = @ARGV;
my $now = $at =~ /\A[0-9]+\z/ ? $at : time;
my %headers = map { my ($name, $value) = split /: /, $_, 2; (lc $name => $value) } @lines;
binmode STDIN;
my $body = do { local $/; <STDIN> } // '';
my $verified =
      $scheme eq 'standard-webhooks' ? standard_webhooks(\%headers, $body, $secret, $now)
    : $scheme eq 'hmac-sha256'       ? hmac_hex(\%headers, $body, $secret, lc $header)
    :                                  timestamped(\%headers, $body, $secret, lc $header, $now);
print $verified ? "ok\n" : "rejected\n";
