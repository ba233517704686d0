type Row = { id: string; url: string; answers: string[] | null; verdict: string; why: string }

const PUBLIC = '93.184.215.14'

/** Literals that lead to nothing public. */
const NOT_PUBLIC = {
  'https://127.0.0.1:443/': 'the default port changes nothing',
  'https://192.31.196.1/': 'AS112',
  'https://192.52.193.1/': 'AMT',
  'https://192.175.48.1/': 'direct delegation AS112',
  'https://172.20.10.1/': 'RFC 1918, middle',
  'https://198.19.255.255/': 'benchmarking, high edge',
  'https://239.255.255.250/': 'SSDP',
  'https://255.255.255.254/': 'class E, high edge',
  'https://169.254.169.253/': 'AWS name server',
  'https://169.254.169.123/': 'AWS time server',
  'https://0xa9.254.169.254/': 'hex metadata',
  'https://0300.0250.1.1/': 'octal RFC 1918',
  'https://0X7F.1/': 'capital hex, short form',
  'https://\uff11\uff12\uff17.\uff10.\uff10.\uff11/': 'fullwidth digits',
  'https://127.0.0.1?x': 'no path',
  'https://[::ffff:0:127.0.0.1]/': 'IPv4-translated',
  'https://[0:0:0:0:0:ffff:7f00:1]/': 'mapped, written in full',
  'https://[::FFFF:10.0.0.1]/': 'mapped, capital',
  'https://[64:ff9b:1::7f00:1]/': 'local NAT64',
  'https://[2001:1::1]/': 'port control anycast, in 2001::/23',
  'https://[2001:2::1]/': 'benchmarking',
  'https://[2001:3::1]/': 'AMT',
  'https://[2001:10::1]/': 'ORCHID',
  'https://[2001:20::1]/': 'ORCHIDv2',
  'https://[2620:4f:8000::1]/': 'AS112',
  'https://[3ffe::1]/': '6bone, returned',
  'https://[3fff:fff::1]/': 'documentation, high edge',
  'https://[5f00::1]/': 'segment routing',
  'https://[100:0:0:1::1]/': 'dummy prefix (RFC 9780)',
  'https://[1fff::1]/': 'just below 2000::/3',
  'https://[e000::1]/': 'unallocated',
  'https://[ff05::2]/': 'site multicast',
}

/** What the text alone decides. */
const REFUSED_TEXT: Record<string, Record<string, string>> = {
  url_ip_noncanonical: {
    'https://0x8.8.8.8/': 'hex of a public address',
    'https://010.8.8.8/': 'octal of a public address',
    'https://8.8.2056/': 'three parts',
    'https://1.1/': 'two parts, 1.0.0.1',
  },
  url_host_special: {
    'https://printer.lan/': 'home network',
    'https://router.home/': 'home network',
    'https://nas.home.arpa/': 'RFC 8375',
    'https://1.0.0.127.in-addr.arpa/': 'reverse zone',
    'https://x.onion/': 'Tor',
    'https://a.test/': 'RFC 6761',
    'https://a.example/': 'RFC 6761',
    'https://a.invalid/': 'RFC 6761',
    'https://db.intranet/': 'private top label',
    'https://x.private/': 'private top label',
    'https://x.alt/': 'RFC 9476',
    'https://a.LOCAL./': 'mDNS, capital, final dot',
    'https://localhost.localdomain/': 'hosts file',
  },
  url_invalid: {
    ' https://hooks.example.com/': 'leading space',
    'https://hooks.example.com /': 'space in the host',
    'https://hooks.example.com/a b': 'space in the path',
    'https://hooks.example.com/\u0000': 'NUL',
    'https://hooks.example.com/\u007f': 'DEL',
    'https://hooks.example.com/\u0085': 'C1 control',
    'https://hooks.example.com/\ud800': 'lone surrogate',
    'https://': 'nothing',
    'https://:443/': 'no host',
    'https://[::1/': 'open bracket',
    'https://[::1]x/': 'text after the bracket',
    'https://[::1%eth0]/': 'raw zone id',
    'https://hooks.example.com:abc/': 'port of letters',
    'https://hooks.example.com:-1/': 'negative port',
    'https://.example.com/': 'empty first label',
    'https://xn--/': 'empty punycode',
    '/hooks.example.com': 'path alone',
    '': 'empty',
  },
  url_userinfo: {
    'https://@hooks.example.com/': 'empty user',
    'https://:@hooks.example.com/': 'empty user and password',
    'https://127.0.0.1:443@hooks.example.com/': 'an address as user',
  },
  url_fragment: {
    'https://hooks.example.com/?a#b': 'after the query',
    'https://hooks.example.com#': 'empty',
  },
  url_scheme: {
    'ws://hooks.example.com/': 'WebSocket',
    'wss://hooks.example.com/': 'WebSocket',
    'blob:https://hooks.example.com/': 'nested',
    'view-source:https://hooks.example.com/': 'nested',
    'ldap://hooks.example.com/': 'JNDI class',
    'http+unix://%2fvar%2frun%2fdocker.sock/': 'socket as host',
  },
}

const DENIED_PORTS = [
  21, 23, 110, 143, 465, 587, 2181, 2375, 3306, 5432, 6000, 9042, 9092, 9200, 10250, 11211, 27019,
]

/** Names, by what name servers say of them. */
const REFUSED_ANSWERS: [string[], string][] = [
  [[PUBLIC, '0.0.0.0'], 'this host beside a public address'],
  [['168.63.129.16'], 'Azure WireServer'],
  [['100.100.100.200'], 'Alibaba metadata'],
  [['::1'], 'loopback in AAAA'],
  [['fd00:ec2::254'], 'AWS IMDS'],
  [['64:ff9b::a9fe:a9fe'], 'NAT64 of metadata'],
  [['2002:7f00:1::'], '6to4 of loopback'],
  [[`::ffff:${PUBLIC}`], 'mapped, though public'],
  [['nonsense'], 'no address at all'],
  [[...Array.from({ length: 16 }, (_, n) => `8.8.8.${n}`), '10.0.0.1'], 'the 17th answer'],
]

/** Next to what is refused, and all that receivers really use. */
const ALLOWED = [
  'https://9.255.255.255/',
  'https://11.0.0.1/',
  'https://126.255.255.255/',
  'https://128.0.0.1/',
  'https://192.0.1.1/',
  'https://192.167.255.255/',
  'https://192.169.0.1/',
  'https://198.17.255.255/',
  'https://168.63.129.15/',
  'https://168.63.129.17/',
  'https://[2001:200::1]/',
  'https://[2001:db9::1]/',
  'https://[2003::1]/',
  'https://[2a00:1450:4001::1]/',
]
const ALLOWED_NAMES = [
  'HTTPS://hooks.example.com/',
  'https://hooks.example.com:443/',
  'https://hooks.example.com:8080/',
  'https://hooks.example.com:65535/',
  'https://hooks.example.com?x=1',
  'https://hooks.example.com/a@b:c',
  'https://hooks.example.com/?to=https://127.0.0.1/',
  'https://local.example.com/',
  'https://127.0.0.1.example.com/',
  'https://xn--bcher-kva.example.com/',
]

/** Beside S001–S131: what else came to mind. */
export const MORE_ROWS: Row[] = [
  ...Object.entries(NOT_PUBLIC).map(([url, why]) => row(url, null, 'addr_not_public', why)),
  ...Object.entries(REFUSED_TEXT).flatMap(([verdict, urls]) =>
    Object.entries(urls).map(([url, why]) => row(url, null, verdict, why)),
  ),
  ...DENIED_PORTS.map((port) =>
    row(`https://hooks.example.com:${port}/`, [PUBLIC], 'url_port', `port ${port}`),
  ),
  ...REFUSED_ANSWERS.map(([answers, why]) =>
    row('https://name.example.net/', answers, 'addr_not_public', why),
  ),
  row('https://kubernetes.default.svc/', [], 'dns_no_address', 'a search domain never applies'),
  ...ALLOWED.map((url) => row(url, null, 'allow', 'beside a refused network')),
  ...ALLOWED_NAMES.map((url) => row(url, [PUBLIC], 'allow', 'in use')),
].map((made, n) => ({ ...made, id: `H${String(n + 1).padStart(3, '0')}` }))

function row(url: string, answers: string[] | null, verdict: string, why: string) {
  return { url, answers, verdict, why }
}
