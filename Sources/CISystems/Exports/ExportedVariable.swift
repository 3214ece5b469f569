package import Secrets

/// A variable that the job receives.
package struct ExportedVariable: Sendable, Equatable {
    package enum Value: Sendable, Equatable {
        case plain(String)
        case secret(Secret)
    }

    package var name: String
    package var value: Value

    package init(_ name: String, _ value: Value) {
        self.name = name
        self.value = value
    }
}

extension ExportedVariable {
    package static func plain(_ name: String, _ value: String) -> ExportedVariable {
        ExportedVariable(name, .plain(value))
    }

    package static func secret(_ name: String, _ value: Secret) -> ExportedVariable {
        ExportedVariable(name, .secret(value))
    }
}

extension ExportedVariable.Value {
    /// nil for a secret.
    package var plain: String? {
        if case .plain(let text) = self { text } else { nil }
    }

    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        switch self {
        case .plain(let text):
            var text = text
            return text.withUTF8 { body(UnsafeRawBufferPointer($0)) }
        case .secret(let secret):
            return secret.reveal(body)
        }
    }

    var count: Int { withBytes(\.count) }

    var isSecret: Bool {
        if case .secret = self { true } else { false }
    }

    func contains(_ byte: UInt8) -> Bool {
        withBytes { $0.contains(byte) }
    }

    var spansLines: Bool { contains(.lineFeed) || contains(.carriageReturn) }

    var isUTF8: Bool {
        withBytes(isValidUTF8)
    }
}

/// Whether the bytes are well-formed UTF-8.
///
/// Makes no copy of them.
func isValidUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var parser = Unicode.UTF8.ForwardParser()
    var iterator = bytes.makeIterator()
    while true {
        switch parser.parseScalar(from: &iterator) {
        case .valid: continue
        case .emptyInput: return true
        case .error: return false
        }
    }
}

/// Whether the bytes hold these others.
///
/// Makes no copy of them.
func holds(_ bytes: some Collection<UInt8>, _ needle: some Collection<UInt8>) -> Bool {
    needle.isEmpty || bytes.indices.contains { bytes[$0...].starts(with: needle) }
}

extension WipedBuffer {
    mutating func append(_ value: ExportedVariable.Value) {
        value.withBytes { append($0) }
    }

    /// Appends what `escape` makes of each byte.
    mutating func append(_ value: ExportedVariable.Value, escape: (UInt8, inout WipedBuffer) -> Void) {
        value.withBytes { bytes in
            for byte in bytes { escape(byte, &self) }
        }
    }
}
