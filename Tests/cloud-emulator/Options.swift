internal import CloudEmulator

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// The command line of the emulator.
struct Options {
    static let usage = """
        usage: cloud-emulator [options]
          --port N                     listen there; any free port otherwise
          --ca-file PATH               write the authority to trust, as PEM
          --port-file PATH             write the port
          --parent-token-file PATH     write the first user's parent token, 0600
          --identity-request-token-file PATH  write ACTIONS_ID_TOKEN_REQUEST_TOKEN, 0600
          --user LOGIN[=VARIABLE]      a user, with the parent token from the environment (replaces alice and bob)
          --config JSON | @FILE        switches, see Configuration.swift
          --set NAME=JSON              one switch; NAME may be a.b; what is no JSON is taken as text
          --certificate valid|expired|wrongHost|otherAuthority
          --host-name NAME             another name in the certificate
          --path-prefix PATH           before /api
          --plain-http                 no TLS
          --no-paging                  a server from before 2026
          --until-stdin-closes         end when stdin does
          --until-parent-exits         end when the parent process does
        """

    var port: UInt16 = 0
    var caFile: String?
    var portFile: String?
    var parentTokenFile: String?
    var identityRequestTokenFile: String?
    var endsWithStdin = false
    var endsWithParent = false
    var configuration = Configuration()
    private var users: [User] = []

    /// - Throws: `EmulatorError.invalid` with a sentence for people.
    init(_ arguments: [String], environment: (String) -> String?) throws {
        var rest = arguments[...]
        while let name = rest.popFirst() {
            if try readSwitch(name) { continue }
            guard let value = rest.popFirst() else { throw EmulatorError.invalid("\(name): unknown, or no value") }
            try read(name, value, environment)
        }
        if !users.isEmpty { configuration.users = users }
    }

    private mutating func readSwitch(_ name: String) throws -> Bool {
        switch name {
        case "--plain-http": configuration.plainHTTP = true
        case "--no-paging": configuration.paging = false
        case "--until-stdin-closes": endsWithStdin = true
        case "--until-parent-exits": endsWithParent = true
        default: return false
        }
        return true
    }

    private mutating func read(_ name: String, _ value: String, _ environment: (String) -> String?) throws {
        switch name {
        case "--port":
            guard let port = UInt16(value) else { throw EmulatorError.invalid("--port: not a port: \(value)") }
            self.port = port
        case "--ca-file": caFile = value
        case "--port-file": portFile = value
        case "--parent-token-file": parentTokenFile = value
        case "--identity-request-token-file": identityRequestTokenFile = value
        case "--user": users.append(try user(value, environment))
        case "--config": try overlay(try JSONValue(text: try configurationText(value)))
        case "--set": try set(value)
        case "--certificate": try overlay(.object(["certificate": .string(value)]))
        case "--host-name": configuration.hostNames.append(value)
        case "--path-prefix": configuration.pathPrefix = value
        default: throw EmulatorError.invalid("\(name): unknown option")
        }
    }

    private func user(_ value: String, _ environment: (String) -> String?) throws -> User {
        let parts = value.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return User(login: value) }
        guard let token = environment(parts[1]), !token.isEmpty else {
            throw EmulatorError.invalid("--user: \(parts[1]) is not set")
        }
        return User(login: parts[0], token: token)
    }

    private func configurationText(_ value: String) throws -> [UInt8] {
        guard value.hasPrefix("@") else { return Array(value.utf8) }
        return try fileContents(String(value.dropFirst()))
    }

    private mutating func set(_ assignment: String) throws {
        let parts = assignment.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw EmulatorError.invalid("--set: expected NAME=JSON") }
        var change = (try? JSONValue(text: parts[1].utf8)) ?? .string(String(parts[1]))
        for name in parts[0].split(separator: ".").reversed() { change = .object([String(name): change]) }
        try overlay(change)
    }

    private mutating func overlay(_ changes: JSONValue) throws {
        configuration = try configuration.overlaid(with: changes)
    }
}
