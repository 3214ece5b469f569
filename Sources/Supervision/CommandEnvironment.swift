package import HostSystem
package import Secrets

/// The variables of a command: those that we were started with, byte by byte, less what it must not have, and the new.
package struct CommandEnvironment {
    private var inherited: [[UInt8]]
    private var added: [(name: String, value: Secret)] = []

    /// Inherits; entries without `=` too, which some shells make.
    ///
    /// - Parameters:
    ///   - names: variables that the command does not inherit.
    ///   - secrets: values that it does not inherit under any name.
    package init(_ initial: InitialEnvironment, withoutNames names: Set<String>, orValues secrets: [Secret]) {
        inherited = initial.entries.filter { entry in
            guard let equals = entry.firstIndex(of: UInt8(ascii: "=")) else { return true }
            guard !names.contains(String(decoding: entry[..<equals], as: UTF8.self)) else { return false }
            return !entry[(equals + 1)...].withUnsafeBytes { value in secrets.contains { $0.isValue(value) } }
        }
    }

    /// Sets a variable, in the place of all that have its name.
    package mutating func set(_ name: String, to value: Secret) {
        remove(name)
        added.append((name, value))
    }

    /// Removes a variable.
    package mutating func remove(_ name: String) {
        let prefix = Array((name + "=").utf8)
        inherited.removeAll { $0.starts(with: prefix) }
        added.removeAll { $0.name == name }
    }

    /// The value of an inherited variable; nil when it is not set.
    ///
    /// The first of several counts, as for `getenv`.
    package func inheritedValue(of name: String) -> [UInt8]? {
        let prefix = Array((name + "=").utf8)
        return inherited.first { $0.starts(with: prefix) }.map { Array($0.dropFirst(prefix.count)) }
    }

    /// As `execve` takes it.
    func strings() -> CStrings {
        var strings = CStrings(inherited)
        for (name, value) in added {
            value.reveal { value in
                strings.append(Array((name + "=").utf8), value)
            }
        }
        return strings
    }
}

extension Secret {
    /// Whether the value of a variable is this secret, be it with the line end that pasted secrets bring along.
    package func isValue(_ value: UnsafeRawBufferPointer) -> Bool {
        reveal { secret in
            let secret = secret.withoutLineEnds
            return !secret.isEmpty && value.withoutLineEnds.elementsEqual(secret)
        }
    }
}

extension UnsafeRawBufferPointer {
    fileprivate var withoutLineEnds: Slice<UnsafeRawBufferPointer> {
        self[..<(lastIndex { $0 != 0x0A && $0 != 0x0D }.map { $0 + 1 } ?? 0)]
    }
}
