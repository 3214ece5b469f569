/// A lease and the bytes that stand for it on the disk.
struct LeaseRecord: Sendable {
    let lease: Lease
    let bytes: [UInt8]

    init(_ lease: Lease) {
        self.lease = lease
        bytes = lease.encoded()
    }
}
