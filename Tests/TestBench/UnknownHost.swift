/// A name that cannot be looked up: too long for a label, so that not even a name server is asked.
package let unknownHost = String(repeating: "a", count: 64) + ".invalid"
