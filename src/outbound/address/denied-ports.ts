/** The bad ports of the Fetch standard (fetch.spec.whatwg.org, port blocking). */
const FETCH_BAD_PORTS = [
  0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102,
  103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465,
  512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993,
  995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668,
  6669, 6679, 6697, 10_080,
]
/** ZooKeeper, Docker, etcd, MySQL, PostgreSQL, AMQP, Redis, Temporal (HTTP 7243), Cassandra, Kafka, Elasticsearch, kubelet, memcached, MongoDB. */
const DATA_STORE_PORTS = [
  2181, 2375, 2376, 2379, 2380, 3306, 5432, 5672, 6379, 6933, 6934, 6935, 6939, 7233, 7234, 7235,
  7239, 7243, 9042, 9092, 9200, 9300, 10_250, 10_255, 11_211, 27_017, 27_018, 27_019,
]
const DENIED_PORTS = new Set([...FETCH_BAD_PORTS, ...DATA_STORE_PORTS])

/** Whether a port belongs to a protocol that a POST could be made to speak by accident. */
export function isDeniedPort(port: number): boolean {
  return DENIED_PORTS.has(port)
}
