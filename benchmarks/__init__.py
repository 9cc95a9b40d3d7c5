"""How fast it is, side by side with its peers: one file per question.

python -m benchmarks                  # a short form of all, under five minutes
python -m benchmarks --list           # the questions
python -m benchmarks --only latency   # one of them
"""
