"""HTTP: who asks, what they may send, how errors look; what each address means is said by the faces beside this one."""
