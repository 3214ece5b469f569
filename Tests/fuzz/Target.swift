import Glibc

/// A parser of what comes from outside, and what has to hold of whatever it is given: it never traps, and these rules.
enum Target: String, CaseIterable {
    case json
    case reply
    case headers
    case credentials
    case lease
    case identity
    case lengths
    case addresses
    case redactor

    /// The one that the variable names.
    static let chosen = getenv("FUZZ_TARGET").flatMap { Target(rawValue: String(cString: $0)) }

    func read(_ bytes: UnsafeRawBufferPointer) {
        switch self {
        case .json: readJSON(bytes)
        case .reply: readReply(bytes)
        case .headers: readHeaders(bytes)
        case .credentials: readCredentials(bytes)
        case .lease: readLease(bytes)
        case .identity: readIdentity(bytes)
        case .lengths: readLengths(bytes)
        case .addresses: readAddresses(bytes)
        case .redactor: readRedactor(bytes)
        }
    }
}

// libFuzzer has a `main` of its own in reserve, which looks for this name.
@_cdecl("LLVMFuzzerTestOneInput")
func oneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    Target.chosen?.read(UnsafeRawBufferPointer(start: bytes, count: count))
    return 0
}

/// The input as text, repaired where it is no UTF-8.
func text(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }

/// Ends the run with a crash that libFuzzer keeps.
func require(_ holds: Bool, _ rule: StaticString) {
    guard holds else { fatalError("\(rule)") }
}
