internal import Redaction

/// Puts text together that holds secrets, and leaves no copy of them but the result.
///
/// - Parameter body: called twice with the same effect, first to measure and then to write.
func secretText<Failure: Error>(_ body: (inout SecretSink) throws(Failure) -> Void) throws(Failure) -> Secret {
    var measure = SecretSink(target: nil)
    try body(&measure)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: measure.count, alignment: 1)
    defer {
        wipe(buffer)
        buffer.deallocate()
    }
    var sink = SecretSink(target: buffer)
    try body(&sink)
    return Secret(copying: UnsafeRawBufferPointer(buffer))
}

/// Where `secretText` collects its bytes.
struct SecretSink {
    private let target: UnsafeMutableRawBufferPointer?
    private(set) var count = 0

    fileprivate init(target: UnsafeMutableRawBufferPointer?) {
        self.target = target
    }

    mutating func append(_ byte: UInt8) {
        if let target, count < target.count { target[count] = byte }
        count += 1
    }

    mutating func append(_ text: String) {
        for byte in text.utf8 { append(byte) }
    }

    mutating func append(_ secret: Secret) {
        append(secret) { byte, sink in sink.append(byte) }
    }

    /// Appends what `escape` makes of each byte.
    mutating func append(_ secret: Secret, escape: (UInt8, inout SecretSink) -> Void) {
        secret.reveal { bytes in
            for byte in bytes { escape(byte, &self) }
        }
    }

    mutating func append(_ value: ExportedVariable.Value, escape: (UInt8, inout SecretSink) -> Void) {
        value.withBytes { bytes in
            for byte in bytes { escape(byte, &self) }
        }
    }

    mutating func append(_ value: ExportedVariable.Value) {
        append(value) { byte, sink in sink.append(byte) }
    }
}
